import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { pause } from '../supervision/pause.ts';
import { BASE_IMAGE, docker } from './docker-fixture.ts';

const run = promisify(execFile);

const START_MS = 60_000;

/** An engine of a test's own, which it may stop and start. Needs root. */
export interface OwnEngine {
  readonly host: string;
  readonly docker: Docker;
  start(): Promise<void>;
  /** Politely, as an upgrade does, or as a crash. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  close(): Promise<void>;
}

/**
 * With a bridge of its own, for an engine without one takes `docker0` away from the other engine of this host, and without rules of the firewall, which
 * both would write.
 */
export async function createOwnEngine(liveRestore: boolean): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const own = new Docker({ socketPath });
  const bridge = `vdt${randomBytes(4).toString('hex')}`;
  await run('ip', ['link', 'add', 'name', bridge, 'type', 'bridge']);
  await run('ip', ['address', 'add', `10.215.${randomInt(256)}.1/24`, 'dev', bridge]);
  await run('ip', ['link', 'set', bridge, 'up']);
  const containerd = join(folder, 'containerd.sock');
  const runner = spawn(
    'containerd',
    [
      '--root',
      join(folder, 'root'),
      '--state',
      join(folder, 'state'),
      '--address',
      containerd,
      '--config',
      '/dev/null',
    ],
    { stdio: 'ignore' },
  );
  let daemon: ChildProcess | null = null;

  async function start(): Promise<void> {
    const roots = ['data-root', 'exec-root', 'pidfile'].flatMap((name) => [`--${name}`, join(folder, name)]);
    const options = [
      `--containerd=${containerd}`,
      `--bridge=${bridge}`,
      '--iptables=false',
      `--live-restore=${liveRestore}`,
    ];
    daemon = spawn('dockerd', ['--host', `unix://${socketPath}`, ...roots, ...options], { stdio: 'ignore' });
    await until(() => own.ping());
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (daemon === null) return;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    await ended;
    daemon = null;
  }

  await until(() => access(containerd));
  await start();
  await own.loadImage(await docker.getImage(BASE_IMAGE).get()).then((stream) => once(stream.resume(), 'end'));
  return {
    host: `unix://${socketPath}`,
    docker: own,
    start,
    stop,
    async close() {
      for (const { Id } of await own.listContainers({ all: true })) await own.getContainer(Id).remove({ force: true });
      for (const { Id } of await own.listNetworks({ filters: { type: ['custom'] } })) await own.getNetwork(Id).remove();
      await stop('SIGTERM');
      const ended = once(runner, 'exit');
      runner.kill('SIGTERM');
      await ended;
      // Engines mount their folder onto itself and leave that behind.
      await run('umount', [join(folder, 'data-root')]).catch(() => undefined);
      await run('ip', ['link', 'delete', bridge]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws what the last attempt threw, after the longest time that a start may take */
async function until(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return void (await attempt());
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(50);
    }
  }
}
