import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import type { ContainerSpec, InstanceSpec, ObservedInstance } from '../runtime-driver.ts';
import type { ContainerRecord } from './container-record.ts';
import {
  containerSpec,
  createDockerHarness,
  docker,
  type DockerHarness,
  ENGINE_HOST,
  HEALTHY,
  isSkipped,
  OWN_PORT,
  python,
  reply,
  serve,
  TEST_TIMEOUT_MS,
} from './docker-fixture.ts';
import type { DockerDriver, DockerDriverOptions } from './docker-driver.ts';
import { startEngineProxy } from './engine-proxy.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT_MS, hookTimeout: TEST_TIMEOUT_MS });

const PROBE = { path: '/', initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 2, successThreshold: 1 };
const ID = 'iris.blue.a1';

describe.skipIf(isSkipped)('an instance as a container (needs Docker; VIRIDIAN_REQUIRE=docker insists on it)', () => {
  let harness: DockerHarness;
  let driver: DockerDriver;

  beforeEach(async () => {
    harness = await createDockerHarness();
    driver = await harness.open();
  });

  afterEach(async () => {
    await driver.stop();
    await harness.close();
  });

  const specOf = (
    command: readonly string[],
    change: Partial<InstanceSpec> = {},
    container: Partial<ContainerSpec> = {},
  ): InstanceSpec => ({
    instanceId: ID,
    endpoint: 'iris',
    deployment: 'blue',
    specHash: 'first',
    container: containerSpec(container),
    command,
    environment: {},
    modelDir: null,
    cpu: 0.5,
    memoryMib: 128,
    liveness: { ...PROBE, failureThreshold: 1000 },
    readiness: { ...PROBE, failureThreshold: 1000 },
    stopGraceSeconds: 1,
    ...change,
  });

  const seen = async (id = ID): Promise<ObservedInstance | undefined> =>
    (await driver.observe()).find(({ instanceId }) => instanceId === id);

  const until = (what: string, holds: (instance: ObservedInstance) => boolean, id = ID): Promise<ObservedInstance> =>
    eventually(
      async () => {
        const instance = await seen(id);
        return instance !== undefined && holds(instance) ? instance : null;
      },
      what,
      TEST_TIMEOUT_MS / 2,
    );

  const reach = (state: ObservedInstance['state'], id = ID): Promise<ObservedInstance> =>
    until(`state ${state}`, (instance) => instance.state === state, id);

  const ended = (): Promise<ObservedInstance> => until('the end of the program', ({ restarts }) => restarts > 0);

  /** Lines of its output once there are some. */
  const printed = (stream: string, id = ID): Promise<string[]> =>
    eventually(async () => {
      const lines = await driver.readLogs('iris', id.split('.')[1] ?? '', id, { tail: 10_000 });
      const texts = lines.filter((line) => line.stream === stream).map(({ text }) => text);
      return texts.length > 0 ? texts : null;
    }, `lines on ${stream}`);

  const reported = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await printed('stdout'))[0] ?? '') as Record<string, unknown>;

  async function reopen(change?: Partial<DockerDriverOptions>): Promise<void> {
    await driver.stop();
    driver = await harness.open(change);
  }

  const recordFile = (id = ID) => join(harness.folder, 'state', id, 'container.json');

  async function changeRecord(change: (record: ContainerRecord) => ContainerRecord, id = ID): Promise<void> {
    const record = JSON.parse(await readFile(recordFile(id), 'utf8')) as ContainerRecord;
    await writeFile(recordFile(id), JSON.stringify(change(record)));
  }

  test('is confined: no capability, no new privileges, a filter of calls, a root that cannot be written, bounded tasks and memory', async () => {
    const script = `
import json
status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
def tries(work):
    try:
        work(); return 'done'
    except OSError as error:
        return type(error).__name__ + ' ' + str(error.errno)
def limit(paths):
    for path in paths:
        try: return open(path).read().strip()
        except OSError: pass
print(json.dumps({
  'capabilities': status['CapEff'] + status['CapBnd'], 'noNewPrivileges': status['NoNewPrivs'], 'seccomp': status['Seccomp'],
  'root': tries(lambda: open('/here', 'w')), 'scratch': tries(lambda: open('/tmp/here', 'w').write('x')),
  'pids': limit(['/sys/fs/cgroup/pids/pids.max', '/sys/fs/cgroup/pids.max']),
  'memory': limit(['/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory.max']),
  'scratchFlags': [line.split()[3] for line in open('/proc/mounts') if line.split()[1] == '/tmp'][0],
  'socket': tries(lambda: open('/var/run/docker.sock')),
}), flush=True)
`;
    await driver.ensure(specOf(python(script + HEALTHY)));
    const found = await reported();
    expect(found).toMatchObject({
      capabilities: '0'.repeat(32),
      noNewPrivileges: '1',
      seccomp: '2',
      root: 'OSError 30',
      scratch: 'done',
      pids: '1024',
      memory: String(128 * 2 ** 20),
      socket: 'FileNotFoundError 2',
    });
    expect(found['scratchFlags']).toMatch(/nosuid,nodev.*size=32768k/);
    const [listed] = await harness.containers();
    const { HostConfig } = await docker.getContainer(listed?.Id ?? '').inspect();
    expect(HostConfig).toMatchObject({
      Privileged: false,
      PidMode: '',
      IpcMode: 'private',
      PortBindings: {},
      Binds: null,
    });
  });

  test('reaches neither another deployment, nor another instance of its own, nor the metadata address, nor any name outside', async () => {
    await driver.ensure(specOf(python(HEALTHY), { instanceId: 'iris.green.b1', deployment: 'green' }));
    await driver.ensure(specOf(python(HEALTHY), { instanceId: 'iris.blue.b2' }));
    const others = [(await reach('ready', 'iris.green.b1')).address, (await reach('ready', 'iris.blue.b2')).address];
    const script = `
import json, os, socket
def tries(host, port):
    try:
        socket.create_connection((host, port), 2); return 'connected'
    except OSError as error:
        return 'failed'
print(json.dumps([tries(*target) for target in json.loads(os.environ['TARGETS'])]), flush=True)
`;
    const hosts = [...others.map((address) => address?.host), '169.254.169.254', '1.1.1.1', 'deb.debian.org'];
    const targets = hosts.map((host, at) => [host, at < 2 ? 8080 : 80]);
    await driver.ensure(specOf(python(script + HEALTHY), { environment: { TARGETS: JSON.stringify(targets) } }));
    expect(await reported()).toEqual(hosts.map(() => 'failed'));
    for (const address of others) expect((await fetch(`http://${address?.host}:${address?.port}/`)).status).toBe(200);
  });

  test('that may reach others does, and still not another deployment', async () => {
    await driver.ensure(
      specOf(python(HEALTHY), { instanceId: 'iris.green.b1', deployment: 'green' }, { egress: true }),
    );
    const { address } = await reach('ready', 'iris.green.b1');
    const script = `
import os, socket
with open('/proc/net/route') as table: print(sum(line.split()[1] == '00000000' for line in table), flush=True)
try: socket.create_connection((os.environ['OTHER'], 8080), 2); print('connected', flush=True)
except OSError: print('failed', flush=True)
`;
    const environment = { OTHER: address?.host ?? '' };
    await driver.ensure(specOf(python(script + HEALTHY), { environment }, { egress: true }));
    await eventually(async () => (await printed('stdout')).length === 2);
    expect(await printed('stdout')).toEqual(['1', 'failed']);
  });

  test('finds its values as they are, its port, and its mounts read-only', async () => {
    const model = join(harness.folder, 'models', 'iris', '1');
    await mkdir(model, { recursive: true });
    await writeFile(join(model, 'model.txt'), 'petals');
    const script = `
import json, os
try: open('/models/iris/new', 'w'); written = True
except OSError as error: written = error.errno
print(json.dumps({'value': os.environ['VALUE'], 'port': os.environ['PORT'], 'model': open('/models/iris/model.txt').read(), 'written': written}), flush=True)
`;
    const value = `$(touch /tmp/x) "quoted" 'and' \\ back\nand a new line`;
    const mounts = [{ source: model, target: '/models/iris' }];
    await driver.ensure(specOf(python(script + HEALTHY), { environment: { VALUE: value } }, { mounts, port: 9001 }));
    expect(await reported()).toEqual({ value, port: '9001', model: 'petals', written: 30 });
    expect((await reach('ready')).address?.port).toBe(9001);
  });

  test('is probed where its probe says, which need not be where it answers', async () => {
    const script = `import threading\nthreading.Thread(target=lambda: exec(${JSON.stringify(serve('9009', reply(200)))}), daemon=True).start()\n${serve(OWN_PORT, reply(500))}`;
    await driver.ensure(specOf(python(script), { readiness: { ...PROBE, failureThreshold: 1000, port: 9009 } }));
    expect((await reach('ready')).address?.port).toBe(8080);
  });

  test('that uses more memory than it may is killed, and says so', async () => {
    const hog = `${HEALTHY.split('http.server.ThreadingHTTPServer')[0]}\nheld = []\nwhile True: held.append(bytearray(2**20))`;
    await driver.ensure(specOf(python(hog), { memoryMib: 64 }));
    const { lastExit } = await ended();
    expect(lastExit).toMatchObject({ code: 137, outOfMemory: true, reason: 'killed for memory by the kernel' });
  });

  test.each([
    [127, 'exited with code 127: the command could not be run'],
    [126, 'exited with code 126: the command could not be run'],
  ])('that ends with status %i says what that means', async (code, reason) => {
    await driver.ensure(specOf(['sh', '-c', `exit ${code}`]));
    expect((await ended()).lastExit).toMatchObject({ code, signal: null, reason });
  });

  test.each<[string, readonly string[], Partial<InstanceSpec>, Partial<ContainerSpec>, string]>([
    ['a command that is no program', ['/etc/passwd'], {}, {}, 'deployment.command_not_executable'],
    ['a command that is not there', ['/opt/serve'], {}, {}, 'deployment.command_not_found'],
    ['an image that is gone', ['python3'], {}, { imageId: `sha256:${'0'.repeat(64)}` }, 'deployment.image_not_found'],
    ['more CPUs than there are', ['python3'], { cpu: 4096 }, {}, 'deployment.instance_type_too_large'],
    ['a GPU where there is none', ['python3'], {}, { gpus: 1 }, 'deployment.gpu_unavailable'],
    [
      'files of others',
      ['python3'],
      {},
      { mounts: [{ source: '/etc', target: '/m' }] },
      'deployment.container_refused',
    ],
  ])('with %s is refused and leaves nothing', async (_what, command, change, container, code) => {
    expect(await driver.ensure(specOf(command, change, container))).toMatchObject({ kind: 'refused', code });
    expect(await harness.containers()).toEqual([]);
    expect(await driver.observe()).toEqual([]);
  });

  test('with a GPU that the engine cannot give is refused with the words of the engine, and the GPU is free again', async () => {
    await reopen({ listGpus: async () => ['GPU-0', 'GPU-1'] });
    const outcome = await driver.ensure(specOf(['python3'], {}, { gpus: 1 }));
    expect(outcome).toMatchObject({ kind: 'refused', code: 'deployment.gpu_unavailable' });
    expect(outcome).toMatchObject({ detail: expect.stringMatching(/could not select device driver|nvidia/i) });
    expect(await driver.countGpus()).toEqual({ total: 2, free: 2 });
  });

  test('that runs what its image says needs no command', async () => {
    const made = await docker.createContainer({ Image: containerSpec().imageId, Cmd: python(HEALTHY) });
    const { Id } = (await made.commit()) as { Id: string };
    await made.remove();
    try {
      await driver.ensure(specOf([], {}, { imageId: Id }));
      expect((await reach('ready')).address?.port).toBe(8080);
      await driver.remove(ID);
    } finally {
      await docker.getImage(Id).remove();
    }
  });

  test('that hangs is started again when its liveness probe has failed as often as it may', async () => {
    const stops =
      "os.kill(os.getpid(), signal.SIGSTOP) if self.path == '/hang' else (self.send_response(200), self.end_headers())";
    const liveness = { ...PROBE, timeoutSeconds: 1, failureThreshold: 2 };
    await driver.ensure(specOf(python(serve(OWN_PORT, stops)), { liveness }));
    const { address } = await reach('ready');
    void fetch(`http://${address?.host}:${address?.port}/hang`).catch(() => undefined);
    expect((await ended()).lastExit?.reason).toContain('the liveness probe failed 2 times in a row');
    expect((await reach('ready')).generation).toBe(2);
    expect(await harness.containers()).toHaveLength(1);
  });

  test('that somebody removes by hand comes back', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    const { runtimeRef } = await reach('ready');
    const [listed] = await harness.containers();
    await docker.getContainer(listed?.Id ?? '').remove({ force: true });
    await ended();
    const again = await reach('ready');
    expect(again).toMatchObject({ generation: 2, restarts: 1 });
    expect(again.runtimeRef).not.toBe(runtimeRef);
    expect(again.runtimeRef).toMatch(/^docker:[0-9a-f]{12}$/);
  });

  test.each([
    [
      'on another port',
      serve('9000', reply(200)),
      'nothing listens on port 8080; the program listens on 9000',
      9000,
      false,
    ],
    [
      'on loopback only',
      serve(OWN_PORT, reply(200), '127.0.0.1'),
      'the program listens on port 8080 of 127.0.0.1 only',
      8080,
      true,
    ],
  ])('that listens %s says so', async (_what, script, words, port, loopbackOnly) => {
    await driver.ensure(specOf(python(script)));
    const { probe, state } = await until('what it listens on', (instance) => instance.probe.lastResult.includes(words));
    expect(state).toBe('probing');
    expect(probe).toMatchObject({ lastResult: `connection refused: ${words}`, listening: [{ port, loopbackOnly }] });
  });

  test('that ended while no driver was there is started again by the next', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    await reach('ready');
    await driver.stop();
    const [listed] = await harness.containers();
    await docker.getContainer(listed?.Id ?? '').kill({ signal: 'SIGKILL' });
    driver = await harness.open();
    await ended();
    expect(await reach('ready')).toMatchObject({
      generation: 2,
      lastExit: { signal: 'SIGKILL', reason: 'killed by SIGKILL' },
    });
    expect(await harness.containers()).toHaveLength(1);
  });

  test('that ended with the host comes back when the host has started again, and that is no crash', async () => {
    const ids = [ID, 'iris.blue.b2', 'iris.green.c3'];
    for (const instanceId of ids) {
      await driver.ensure(specOf(python(HEALTHY), { instanceId, deployment: instanceId.split('.')[1] ?? '' }));
    }
    for (const id of ids) await reach('ready', id);
    await driver.stop();
    for (const { Id } of await harness.containers()) await docker.getContainer(Id).stop({ t: 0 });
    for (const id of ids) {
      await changeRecord((record) => ({ ...record, running: { ...record.running!, bootId: 'of another boot' } }), id);
    }
    driver = await harness.open();
    for (const id of ids) {
      const again = await until('the next start', ({ generation, state }) => generation === 2 && state === 'ready', id);
      expect(again).toMatchObject({ restarts: 0, lastExit: null });
    }
    expect(await harness.containers()).toHaveLength(ids.length);
  });

  test('loses no line and repeats none over restarts of the driver', async () => {
    const counts = `import threading, time\ndef count():\n    for number in range(400):\n        print(number, flush=True); time.sleep(0.01)\nthreading.Thread(target=count).start()\n`;
    await driver.ensure(specOf(python(counts + HEALTHY)));
    for (let restart = 0; restart < 3; restart += 1) {
      const before = (await printed('stdout')).length;
      await reopen();
      await eventually(async () => (await printed('stdout')).length > before + 20);
    }
    await eventually(async () => (await printed('stdout')).at(-1) === '399', 'the last line', TEST_TIMEOUT_MS / 2);
    expect(await printed('stdout')).toEqual(Array.from({ length: 400 }, (_none, number) => String(number)));
  });

  test('keeps the last words of a program that ends at once', async () => {
    await driver.ensure(
      specOf(python(`import sys; print('x' * 100000); print('last'); sys.stderr.write('no end of line'); sys.exit(3)`)),
    );
    await ended();
    const lines = await printed('stdout');
    expect(lines.join('').startsWith('x'.repeat(100_000))).toBe(true);
    expect(lines).toContain('last');
    expect(await printed('stderr')).toContain('no end of line');
  });

  test('that was started and not written down is taken over', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    const { runtimeRef } = await reach('ready');
    await driver.stop();
    await changeRecord((record) => ({ ...record, phase: 'starting', running: null }));
    driver = await harness.open();
    expect((await reach('ready')).runtimeRef).toBe(runtimeRef);
    expect(await harness.containers()).toHaveLength(1);
  });

  test('that was to be started and never was is started once, and what came before goes', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    await reach('ready');
    await driver.stop();
    await changeRecord((record) => ({ ...record, phase: 'starting', running: null, generation: 2 }));
    driver = await harness.open();
    expect(await reach('ready')).toMatchObject({ generation: 2 });
    expect(await harness.containers()).toHaveLength(1);
  });

  test('whose record is lost is taken over by whoever asks for the same', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    const { runtimeRef } = await reach('ready');
    await driver.stop();
    await rm(join(harness.folder, 'state'), { recursive: true });
    driver = await harness.open();
    await driver.ensure(specOf(python(HEALTHY)));
    expect((await reach('ready')).runtimeRef).toBe(runtimeRef);
    expect(await harness.containers()).toHaveLength(1);
  });

  test('that nobody has asked for in a minute is told of, and goes with whoever removes it', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    const { runtimeRef } = await reach('ready');
    await driver.stop();
    await rm(join(harness.folder, 'state'), { recursive: true });
    let skewMs = 0;
    driver = await harness.open({ clock: { now: Date.now, monotonic: () => performance.now() + skewMs } });
    expect(await driver.observe()).toEqual([]);
    skewMs = 61_000;
    expect(await seen()).toMatchObject({ runtimeRef, specHash: 'first', state: 'unready' });
    await driver.remove(ID);
    expect(await driver.observe()).toEqual([]);
    expect(await harness.containers()).toEqual([]);
    expect(await harness.networks()).toEqual([]);
  });

  test('that was being removed when the driver ended is removed by the next, with its network', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    await reach('ready');
    await driver.stop();
    await changeRecord((record) => ({ ...record, phase: 'stopping' }));
    driver = await harness.open();
    await eventually(async () => (await driver.observe()).length === 0 && (await harness.networks()).length === 0);
    expect(await harness.containers()).toEqual([]);
  });

  test('stays as it was last seen while the engine is away, serves on, and is looked after again when it is back', async () => {
    const proxy = await startEngineProxy(ENGINE_HOST.slice('unix://'.length), join(harness.folder, 'proxy.sock'));
    try {
      await reopen({ engineHost: proxy.host });
      await driver.ensure(specOf(python(HEALTHY)));
      const before = await reach('ready');
      proxy.cut();
      const during = await until('the mark', ({ unknownSince }) => unknownSince !== undefined);
      expect(during).toMatchObject({ state: 'ready', address: before.address, runtimeRef: before.runtimeRef });
      expect((await fetch(`http://${before.address?.host}:${before.address?.port}/`)).status).toBe(200);
      expect(await driver.ensure(specOf(python(HEALTHY)))).toEqual({ kind: 'unchanged' });
      const other = specOf(python(HEALTHY), { instanceId: 'iris.blue.b2' });
      await expect(driver.ensure(other)).rejects.toThrow('does not answer');

      await reopen({ engineHost: proxy.host });
      expect(await seen()).toMatchObject({ state: 'ready', address: before.address, unknownSince: expect.any(String) });

      const [listed] = await harness.containers();
      await docker.getContainer(listed?.Id ?? '').kill({ signal: 'SIGKILL' });
      const removal = driver.remove('iris.blue.none');
      await removal;
      proxy.restore();
      const after = await until('the next start', ({ generation, state }) => generation === 2 && state === 'ready');
      expect(after.unknownSince).toBeUndefined();
      expect(await harness.containers()).toHaveLength(1);
    } finally {
      await driver.stop();
      await proxy.close();
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'is one container, also where the answer to call %i of its start was lost',
    async (call) => {
      const proxy = await startEngineProxy(ENGINE_HOST.slice('unix://'.length), join(harness.folder, 'proxy.sock'));
      try {
        await reopen({ engineHost: proxy.host });
        await driver.observe();
        proxy.loseAnswer(call);
        await driver.ensure(specOf(python(HEALTHY))).catch((error: unknown) => {
          expect(String(error)).toContain('does not answer');
        });
        expect((await harness.containers()).length).toBeLessThan(2);
        await reopen();
        await driver.ensure(specOf(python(HEALTHY)));
        await reach('ready');
        expect(await harness.containers()).toHaveLength(1);
      } finally {
        await driver.stop();
        await proxy.close();
      }
    },
  );

  test('whose removal is asked for while the engine is away is removed when it is back', async () => {
    const proxy = await startEngineProxy(ENGINE_HOST.slice('unix://'.length), join(harness.folder, 'proxy.sock'));
    try {
      await reopen({ engineHost: proxy.host });
      await driver.ensure(specOf(python(HEALTHY)));
      await reach('ready');
      proxy.cut();
      await until('the mark', ({ unknownSince }) => unknownSince !== undefined);
      const removal = driver.remove(ID);
      await reach('stopping');
      proxy.restore();
      await removal;
      expect(await harness.containers()).toEqual([]);
    } finally {
      await driver.stop();
      await proxy.close();
    }
  });

  test('is dialled at a port of loopback where containers have no address that can be reached', async () => {
    await reopen({ addressing: 'published' });
    await driver.ensure(specOf(python(HEALTHY)));
    const { address } = await reach('ready');
    expect(address?.host).toBe('127.0.0.1');
    expect(address?.port).not.toBe(8080);
    expect((await fetch(`http://127.0.0.1:${address?.port}/`, { headers: { connection: 'close' } })).status).toBe(200);
    await reopen({ addressing: 'published' });
    expect((await reach('ready')).address).toEqual(address);
  });

  test('is called with gRPC where its port for that is published', async () => {
    await reopen({ addressing: 'published' });
    const script = `import threading\nthreading.Thread(target=lambda: exec(${JSON.stringify(serve('9009', reply(200)))}), daemon=True).start()\n${serve(OWN_PORT, reply(200))}`;
    await driver.ensure(specOf(python(script), {}, { grpcPort: 9009 }));
    const { address } = await reach('ready');
    expect(address?.grpcPort).not.toBe(address?.port);
    const answer = await fetch(`http://127.0.0.1:${address?.grpcPort}/`, { headers: { connection: 'close' } });
    expect(answer.status).toBe(200);
  });

  test('is dialled at its own address on this host', () => {
    expect(driver.addressing).toBe('container');
  });

  test('takes its network with it when it is the last', async () => {
    await driver.ensure(specOf(python(HEALTHY)));
    await driver.ensure(specOf(python(HEALTHY), { instanceId: 'iris.blue.b2' }));
    expect(await harness.networks()).toHaveLength(1);
    await driver.remove(ID);
    expect(await harness.networks()).toHaveLength(1);
    await driver.remove('iris.blue.b2');
    expect(await harness.networks()).toEqual([]);
  });
});
