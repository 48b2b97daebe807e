import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { identityOf, isAlive, isSameProcess, ownIdentity } from '#server/kernel/process-identity.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { keepProcess, type ProcessKeeper } from './process-keeper.ts';
import { createPortsFile } from './ports-file.ts';
import { resolvePorts } from './resolve-ports.ts';
import { ensureSecretFile } from './secret-file.ts';
import { acquireSupervisorLock } from './supervisor-lock.ts';
import { waitForHttp } from './wait-for-http.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-supervisor-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function spawnSleeper(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); process.stdout.write("up")'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  cleanups.push(async () => child.kill('SIGKILL'));
  return new Promise((resolve) => child.stdout?.once('data', () => resolve(child)));
}

async function occupyPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}

describe('supervisor lock', () => {
  test('a second supervisor of the same data directory is refused and told who holds it', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const first = await acquireSupervisorLock(path);
    expect(first.kind).toBe('held');
    const second = await acquireSupervisorLock(path);
    expect(second).toEqual({ kind: 'taken', by: ownIdentity() });
  });

  test('a lock whose owner is gone is taken over', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const child = await spawnSleeper();
    await writeFile(path, JSON.stringify(identityOf(child.pid ?? 0)));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect((await acquireSupervisorLock(path)).kind).toBe('held');
  });

  test('a recycled pid does not keep the lock', async () => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, JSON.stringify({ ...ownIdentity(), startTicks: '1' }));
    expect((await acquireSupervisorLock(path)).kind).toBe('held');
  });

  test('a half-written lock keeps nobody out', async () => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, '{"pid":');
    expect((await acquireSupervisorLock(path)).kind).toBe('held');
  });

  test('release removes only the own lock', async () => {
    const path = join(await temporaryFolder(), 'lock');
    const lock = await acquireSupervisorLock(path);
    await writeFile(path, 'another');
    if (lock.kind === 'held') await lock.release();
    expect(await readFile(path, 'utf8')).toBe('another');
  });
});

describe('process identity', () => {
  test('a live process is itself, and not after it ended', async () => {
    const child = await spawnSleeper();
    const identity = identityOf(child.pid ?? 0);
    expect(identity).not.toBeNull();
    if (identity === null) return;
    expect(isSameProcess(identity)).toBe(true);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(isSameProcess(identity)).toBe(false);
    expect(isAlive(identity.pid)).toBe(false);
  });
});

describe('ports', () => {
  test('a taken port is refused in a sentence that names the port and the setting', async () => {
    const port = await occupyPort();
    const wanted = { name: 'studio' as const, setting: 'VIRIDIAN_STUDIO_PORT', host: '127.0.0.1', port };
    await expect(resolvePorts([wanted])).rejects.toThrow(new RegExp(`${port}.*VIRIDIAN_STUDIO_PORT`));
  });

  test('zeros become different free ports', async () => {
    const host = '127.0.0.1';
    const ports = await resolvePorts([
      { name: 'studio', setting: 'A', host, port: 0 },
      { name: 'gateway', setting: 'B', host, port: 0 },
      { name: 'api', setting: 'C', host, port: 0 },
    ]);
    expect(new Set(Object.values(ports)).size).toBe(3);
  });

  test('ports.json ends with the newest state and disappears on removal', async () => {
    const path = join(await temporaryFolder(), 'ports.json');
    const file = createPortsFile(path, { studio: 1, gateway: 2, api: 3 });
    await Promise.all([
      file.update({ telemetry: 11 }),
      file.update({ gateway_workers: [5, 6] }),
      file.update({ telemetry: 12 }),
    ]);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      studio: 1,
      gateway: 2,
      api: 3,
      pids: {
        supervisor: process.pid,
        studio: null,
        control_plane: null,
        gateway: null,
        gateway_workers: [5, 6],
        telemetry: 12,
      },
    });
    await file.remove();
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });
});

test('a secret file is made once, owner-only, and the same for everybody who asks at once', async () => {
  const path = join(await temporaryFolder(), 'secret');
  const secrets = await Promise.all([1, 2, 3, 4].map(() => ensureSecretFile(path)));
  expect(new Set(secrets).size).toBe(1);
  expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
});

describe('process keeper', () => {
  function keep(program: string, pids: (number | null)[]): ProcessKeeper {
    const spec = { name: 'test', args: ['-e', program], cwd: tmpdir(), environment: process.env, stopTimeoutMs: 300 };
    const keeper = keepProcess(
      spec,
      { onPid: (_, pid) => pids.push(pid), onMessage: () => undefined },
      createLogger('test', 'fatal'),
    );
    cleanups.push(() => keeper.stop());
    return keeper;
  }

  test('a killed process comes back under another pid', async () => {
    const pids: (number | null)[] = [];
    await keep('process.send({ type: "ready" }); setInterval(() => {}, 1e6)', pids).firstReady;
    const first = pids[0];
    if (typeof first === 'number') process.kill(first, 'SIGKILL');
    await expect.poll(() => pids.length, { timeout: 10_000 }).toBe(3);
    expect(pids[1]).toBeNull();
    expect(pids[2]).not.toBe(first);
  });

  test('a process that says it cannot start is not started again, and its words are passed on', async () => {
    const pids: (number | null)[] = [];
    const keeper = keep('process.send({ type: "fatal", text: "the disk is missing" }, () => process.exit(78))', pids);
    await expect(keeper.firstReady).rejects.toThrow('the disk is missing');
    expect(pids).toHaveLength(2);
  });

  test('a process that ignores SIGTERM is killed after its time', async () => {
    const pids: (number | null)[] = [];
    const keeper = keep(
      'process.on("SIGTERM", () => {}); process.send({ type: "ready" }); setInterval(() => {}, 1e6)',
      pids,
    );
    await keeper.firstReady;
    await keeper.stop();
    expect(pids.at(-1)).toBeNull();
  });
});

describe('waiting for a page', () => {
  test('ends at the first answer below 500, and outlasts refusals and errors before it', async () => {
    const port = await occupyPort();
    await cleanups.pop()?.();
    const waited = waitForHttp(new URL(`http://127.0.0.1:${port}/sign-in`), AbortSignal.timeout(20_000));
    const statuses = [503, 500, 307];
    const asked: (string | undefined)[] = [];
    const server = createHttpServer((request, response) => {
      asked.push(request.url);
      response.writeHead(statuses.shift() ?? 200).end();
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    await waited;
    expect({ asked, statuses }).toEqual({ asked: ['/sign-in', '/sign-in', '/sign-in'], statuses: [] });
  });

  test('gives up when it is told to', async () => {
    const port = await occupyPort();
    await cleanups.pop()?.();
    const control = new AbortController();
    const waited = waitForHttp(new URL(`http://127.0.0.1:${port}/`), control.signal);
    control.abort(new Error('stopped'));
    await expect(waited).rejects.toThrow('stopped');
  });
});
