import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { identityOf, isAlive } from '#server/kernel/process-identity.ts';
import { eventually } from '#server/testing/eventually.ts';
import { describeRuntimeDriver, type DriverHarness, type Program } from '../runtime-driver.contract.ts';
import { DriverStoppedError, type InstanceSpec, type ObservedInstance, type RuntimeDriver } from '../runtime-driver.ts';
import { instanceFiles, readRecord, writeRecord } from './instance-record.ts';
import { countConnections } from '../supervision/open-connections.ts';
import { markedProcesses, ownerMarkOf } from './process-group.ts';
import { createProcessDriver } from './process-driver.ts';

const SERVE = (status: number): string =>
  `require('node:http').createServer((q, r) => { r.statusCode = ${status}; r.end('hello') }).listen(+process.env.PORT, '127.0.0.1');`;

const SCRIPTS: Record<Exclude<Program, 'missing'>, string> = {
  healthy: SERVE(200),
  never_ready: SERVE(503),
  exits_with_3: 'process.exit(3)',
  ignores_the_polite_signal: `process.on('SIGTERM', () => {}); ${SERVE(200)}`,
  prints: `console.log('one'); console.log('two'); console.error('!three'); ${SERVE(200)}`,
};

async function createHarness(): Promise<DriverHarness & { folder: string; errors: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-driver-'));
  const errors: string[] = [];
  const open = async (): Promise<RuntimeDriver> => {
    const driver = createProcessDriver({
      instancesDir: join(folder, 'instances'),
      logsDir: join(folder, 'logs'),
      clock: systemClock,
      onError: (what) => errors.push(what),
    });
    await driver.start();
    return driver;
  };
  return {
    folder,
    errors,
    open,
    command: (program) => (program === 'missing' ? ['no-such-program'] : [process.execPath, '-e', SCRIPTS[program]]),
    close: async () => {
      const last = await open();
      await Promise.all((await last.observe()).map(({ instanceId }) => last.remove(instanceId)));
      await last.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describeRuntimeDriver('The process driver', createHarness);

describe('an instance as a process', () => {
  let harness: Awaited<ReturnType<typeof createHarness>>;
  let driver: RuntimeDriver;

  beforeEach(async () => {
    harness = await createHarness();
    driver = await harness.open();
  });

  afterEach(async () => {
    await driver.stop();
    await harness.close();
  });

  const PROBE = { path: '/', initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 1, successThreshold: 1 };

  const specOf = (script: string, change: Partial<InstanceSpec> = {}): InstanceSpec => ({
    instanceId: 'iris.blue.a1',
    endpoint: 'iris',
    deployment: 'blue',
    specHash: 'first',
    command: [process.execPath, '-e', script],
    environment: {},
    modelDir: null,
    cpu: 1,
    memoryMib: 512,
    liveness: { ...PROBE, failureThreshold: 1000 },
    readiness: { ...PROBE, failureThreshold: 1000 },
    stopGraceSeconds: 2,
    ...change,
  });

  const seen = async (): Promise<ObservedInstance | undefined> => (await driver.observe())[0];

  const reach = (state: ObservedInstance['state']): Promise<ObservedInstance> =>
    eventually(async () => {
      const instance = await seen();
      return instance?.state === state ? instance : null;
    }, `state ${state}`);

  /** Waits for the end of its program. The first start afterwards comes at once, so that being down need not be seen. */
  const ended = (): Promise<ObservedInstance> =>
    eventually(async () => {
      const instance = await seen();
      return instance !== undefined && instance.restarts > 0 ? instance : null;
    }, 'the end of the program');

  const pidOf = (instance: ObservedInstance): number => Number(/^process:(\d+)@/.exec(instance.runtimeRef ?? '')?.[1]);

  const marked = () => markedProcesses(ownerMarkOf(join(harness.folder, 'instances')));

  const linesOf = async (stream: string): Promise<string[]> =>
    (await driver.readLogs('iris', 'blue', null, { tail: 1000 }))
      .filter((line) => line.stream === stream)
      .map((line) => line.text);

  async function restartDriver(): Promise<void> {
    await driver.stop();
    driver = await harness.open();
  }

  const files = () => instanceFiles(join(harness.folder, 'instances', 'iris.blue.a1'));

  test('finds only its own variables and its folder in its environment', async () => {
    const script = `console.log(JSON.stringify({ ...process.env, cwd: process.cwd() })); ${SERVE(200)}`;
    await driver.ensure(specOf(script, { environment: { GREETING: 'hi' }, modelDir: '/models/iris/1' }));
    await reach('ready');
    const [line] = await eventually(async () => {
      const lines = await linesOf('stdout');
      return lines.length > 0 ? lines : null;
    });
    const environment = JSON.parse(line ?? '{}') as Record<string, string>;
    const root = join(harness.folder, 'instances', 'iris.blue.a1');
    expect(Object.keys(environment).toSorted()).toEqual(
      // PWD is the shell's own.
      [
        'AZUREML_APP_ROOT',
        'AZUREML_ENTRY_SCRIPT',
        'AZUREML_MODEL_DIR',
        'GREETING',
        'HOME',
        'LANG',
        'PATH',
        'PORT',
        'PWD',
        'TMPDIR',
        'VIRIDIAN_INSTANCE_ID',
        'VIRIDIAN_INSTANCE_OWNER',
        'cwd',
      ],
    );
    expect(environment).toMatchObject({ cwd: root, HOME: root, GREETING: 'hi', AZUREML_MODEL_DIR: '/models/iris/1' });
  });

  test.each([
    ['without code: its own folder and no script', {}, { root: null, script: '' }],
    [
      'declared by the deployment: what it says',
      { AZUREML_APP_ROOT: '/srv/app', AZUREML_ENTRY_SCRIPT: 'score.py' },
      { root: '/srv/app', script: 'score.py' },
    ],
  ])('finds the root of its app and its entry script, %s', async (_what, environment, found) => {
    const script = `console.log(JSON.stringify([process.env.AZUREML_APP_ROOT, process.env.AZUREML_ENTRY_SCRIPT])); ${SERVE(200)}`;
    await driver.ensure(specOf(script, { environment }));
    const [line] = await eventually(async () => {
      const lines = await linesOf('stdout');
      return lines.length > 0 ? lines : null;
    });
    expect(JSON.parse(line ?? '')).toEqual([found.root ?? files().root, found.script]);
  });

  test('takes its children and grandchildren with it, also those that left its group', async () => {
    const child = `require('node:child_process').spawn('setsid', ['sleep', '1000'], { stdio: 'ignore' }).unref();`;
    const inGroup = `require('node:child_process').spawn('sleep', ['1000'], { stdio: 'ignore' }).unref();`;
    await driver.ensure(specOf(`${child} ${inGroup} ${SERVE(200)}`));
    await reach('ready');
    await eventually(() => marked().length === 3);
    await driver.remove('iris.blue.a1');
    expect(marked()).toEqual([]);
  });

  test('leaves no child behind when its program ends by itself', async () => {
    const child = `require('node:child_process').spawn('sleep', ['1000'], { stdio: 'ignore' }).unref();`;
    await driver.ensure(specOf(`${child} setTimeout(() => process.exit(4), 100)`));
    await reach('backing_off');
    expect(marked()).toEqual([]);
  });

  test('is told from another process that was given its pid', async () => {
    await driver.ensure(specOf(SERVE(200)));
    const pid = pidOf(await reach('ready'));
    await driver.stop();
    process.kill(-pid, 'SIGKILL');
    await eventually(() => !isAlive(pid));
    const stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const record = await readRecord(files());
    if (record === null || stranger.pid === undefined) throw new Error('No record or no process.');
    // The kernel gives a pid away again only after a long while: here the record is made to name a living stranger.
    const process_ = {
      pid: stranger.pid,
      startTicks: record.process?.startTicks ?? '',
      bootId: record.process?.bootId ?? '',
    };
    await writeRecord(files(), { ...record, process: process_ });
    driver = await harness.open();
    await eventually(async () => (await seen())?.generation === 2);
    expect(isAlive(stranger.pid)).toBe(true);
    stranger.kill('SIGKILL');
  });

  test('is taken over when it was started and nobody wrote that down', async () => {
    await driver.ensure(specOf(SERVE(200)));
    const before = await reach('ready');
    await driver.stop();
    const record = await readRecord(files());
    if (record === null) throw new Error('No record.');
    await writeRecord(files(), { ...record, phase: 'starting', process: null });
    driver = await harness.open();
    expect((await reach('ready')).runtimeRef).toBe(before.runtimeRef);
    expect(marked()).toHaveLength(1);
  });

  test('is started once when a start was written down and never happened', async () => {
    await driver.ensure(specOf(SERVE(200)));
    const pid = pidOf(await reach('ready'));
    await driver.stop();
    process.kill(-pid, 'SIGKILL');
    await eventually(() => !isAlive(pid));
    const record = await readRecord(files());
    if (record === null) throw new Error('No record.');
    await writeRecord(files(), { ...record, phase: 'starting', generation: record.generation + 1, process: null });
    driver = await harness.open();
    expect((await reach('ready')).generation).toBe(record.generation + 2);
    expect(marked()).toHaveLength(1);
  });

  test('that ended while nobody watched is dated to when it was last seen alive', async () => {
    await driver.ensure(specOf(SERVE(200)));
    const instance = await reach('ready');
    await driver.stop();
    process.kill(-pidOf(instance), 'SIGKILL');
    await eventually(() => !isAlive(pidOf(instance)));
    const lastSeen = new Date(Date.parse(instance.startedAt ?? '') + 1_000);
    await writeFile(files().alive, '');
    await utimes(files().alive, lastSeen, lastSeen);
    driver = await harness.open();
    const { lastExit } = await eventually(async () => {
      const now = await seen();
      return now?.lastExit ? now : null;
    });
    expect(lastExit?.at).toBe(lastSeen.toISOString());
    expect(lastExit?.reason).toContain('while Viridian was not watching');
  });

  test('is started again without a pause when it ends for the first time, and with one when it ends again', async () => {
    await driver.ensure(specOf('setTimeout(() => process.exit(4), 50)'));
    const notes = await eventually(async () => {
      const written = (await linesOf('system')).filter((text) => text.includes('starting again'));
      return written.length >= 2 ? written : null;
    });
    expect(notes.slice(0, 2)).toEqual([
      'exited with code 4; starting again',
      'exited with code 4; starting again in 1 s',
    ]);
  });

  test('is seen to end after it was taken over', async () => {
    await driver.ensure(specOf(SERVE(200)));
    await reach('ready');
    await restartDriver();
    const instance = await reach('ready');
    process.kill(pidOf(instance), 'SIGKILL');
    await ended();
    expect((await reach('ready')).generation).toBe(2);
  });

  test('says by which signal it was killed', async () => {
    await driver.ensure(specOf(SERVE(200)));
    process.kill(pidOf(await reach('ready')), 'SIGSEGV');
    const { lastExit } = await ended();
    expect(lastExit).toMatchObject({ code: null, signal: 'SIGSEGV', reason: 'killed by SIGSEGV', outOfMemory: false });
  });

  test('that hangs is started again when its liveness probe has failed as often as it may', async () => {
    const liveness = { ...PROBE, failureThreshold: 2 };
    await driver.ensure(specOf(SERVE(200), { liveness }));
    process.kill(-pidOf(await reach('ready')), 'SIGSTOP');
    const { lastExit } = await ended();
    expect(lastExit?.reason).toContain('the liveness probe failed 2 times in a row');
    expect((await reach('ready')).generation).toBe(2);
  });

  test('that uses more memory than it may is killed and says so', async () => {
    const hog = `const held = []; setInterval(() => held.push(Buffer.alloc(4 * 2 ** 20, 1)), 20); ${SERVE(200)}`;
    await driver.ensure(specOf(hog, { memoryMib: 128 }));
    const { lastExit } = await ended();
    expect(lastExit).toMatchObject({ outOfMemory: true });
    expect(lastExit?.reason).toMatch(/^killed for memory: it used \d+ MiB of the 128 MiB/);
  });

  test('keeps its port over restarts of its program', async () => {
    await driver.ensure(specOf(SERVE(200)));
    const first = await reach('ready');
    process.kill(pidOf(first), 'SIGKILL');
    await ended();
    expect((await reach('ready')).address).toEqual(first.address);
  });

  test('that takes calls of gRPC is told a port of its own for them, and keeps it over restarts of its program and driver', async () => {
    const telling = `require('node:http').createServer((q, r) => r.end(process.env.VIRIDIAN_GRPC_PORT)).listen(+process.env.PORT, '127.0.0.1');`;
    await driver.ensure(specOf(telling, { hasGrpcPort: true }));
    const first = await reach('ready');
    const { port, grpcPort } = first.address ?? {};
    expect(grpcPort).not.toBe(port);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe(String(grpcPort));
    process.kill(pidOf(first), 'SIGKILL');
    await ended();
    expect((await reach('ready')).address).toEqual(first.address);
    await driver.stop();
    driver = await harness.open();
    expect((await reach('ready')).address).toEqual(first.address);
  });

  test('is given another port when somebody has taken its own', async () => {
    await driver.ensure(specOf(`setTimeout(() => process.exit(1), 50)`));
    const { port } = (await readRecord(files())) ?? { port: 0 };
    await reach('backing_off');
    const squatter = spawn(process.execPath, ['-e', SERVE(200)], {
      env: { ...process.env, PORT: String(port) },
      stdio: 'ignore',
    });
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
    const moved = await eventually(async () => {
      const record = await readRecord(files());
      return record !== null && record.port !== port ? record : null;
    }, 'another port');
    expect(moved.port).toBeGreaterThan(0);
    squatter.kill('SIGKILL');
  });

  test('that is slow to leave does not hold up a driver that is stopped, and the next one ends it', async () => {
    await driver.ensure(specOf(`process.on('SIGTERM', () => {}); ${SERVE(200)}`, { stopGraceSeconds: 1 }));
    await reach('ready');
    const removal = driver.remove('iris.blue.a1');
    await eventually(async () => (await seen())?.state === 'stopping');
    const ended = removal.catch((error: unknown) => error);
    await driver.stop();
    expect(await ended).toBeInstanceOf(DriverStoppedError);
    expect(marked()).toHaveLength(1);
    driver = await harness.open();
    await eventually(() => marked().length === 0);
    await eventually(async () => (await driver.observe()).length === 0);
    expect(harness.errors).toEqual([]);
  });

  test('that was being removed when the driver ended is removed by the next', async () => {
    await driver.ensure(specOf(SERVE(200)));
    await reach('ready');
    await driver.stop();
    const record = await readRecord(files());
    if (record === null) throw new Error('No record.');
    await writeRecord(files(), { ...record, phase: 'stopping' });
    driver = await harness.open();
    await eventually(async () => (await driver.observe()).length === 0);
    expect(marked()).toEqual([]);
    expect(await readdir(join(harness.folder, 'instances'))).toEqual([]);
  });

  test('whose folder is gone is ended by the next driver', async () => {
    await driver.ensure(specOf(SERVE(200)));
    const pid = pidOf(await reach('ready'));
    await driver.stop();
    await rm(files().root, { recursive: true });
    driver = await harness.open();
    await eventually(() => identityOf(pid) === null);
    expect(await driver.observe()).toEqual([]);
  });

  test('that is removed answers the requests under way first, also when its program does not wait for them', async () => {
    const slow = `require('node:http').createServer((q, r) => setTimeout(() => r.end('late'), q.url === '/slow' ? 700 : 0)).listen(+process.env.PORT, '127.0.0.1');`;
    await driver.ensure(specOf(slow, { stopGraceSeconds: 10 }));
    const { address } = await reach('ready');
    const answer = fetch(`http://127.0.0.1:${address?.port}/slow`, { headers: { connection: 'close' } });
    await eventually(async () => ((await countConnections(address?.port ?? 0)) ?? 1) > 0);
    await driver.remove('iris.blue.a1');
    expect(await (await answer).text()).toBe('late');
  });

  test('stays ready while its first probe after a take-over is under way', async () => {
    await driver.ensure(specOf(SERVE(200)));
    await reach('ready');
    await restartDriver();
    expect((await seen())?.state).toBe('ready');
  });

  test('whose record cannot be read is given up without a trace, and the driver starts', async () => {
    await driver.ensure(specOf(SERVE(200)));
    await reach('ready');
    await driver.stop();
    await writeFile(files().record, '{"version":2}');
    driver = await harness.open();
    expect(await driver.observe()).toEqual([]);
    expect(marked()).toEqual([]);
    expect(harness.errors).toEqual([`instance iris.blue.a1`]);
  });
});
