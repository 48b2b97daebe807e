import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InstanceSpec } from '../runtime-driver.ts';
import { containerSpec, createDockerHarness, docker, type DockerHarness, isSkipped, python } from './docker-fixture.ts';
import type { DockerDriver } from './docker-driver.ts';
import { labelsOfTrial, networkFilter, trialFilter } from './labels.ts';

const LIMIT_MS = 60_000;
const PROBE = {
  path: '/',
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  failureThreshold: 1,
  successThreshold: 1,
};

let harness: DockerHarness;
let driver: DockerDriver;
let number = 0;

function spec(script: string): InstanceSpec {
  number += 1;
  return {
    instanceId: `once-${number}`,
    endpoint: 'trial',
    deployment: 'trial',
    specHash: 'hash',
    container: containerSpec(),
    command: python(script),
    environment: { GREETING: 'hello' },
    modelDir: null,
    cpu: 1,
    memoryMib: 64,
    liveness: PROBE,
    readiness: PROBE,
    stopGraceSeconds: 1,
  };
}

const run = (change = {}) => ({ input: '', timeoutMs: LIMIT_MS, signal: new AbortController().signal, ...change });

async function leftBehind(): Promise<number> {
  const label = trialFilter(harness.installationId);
  const containers = await docker.listContainers({ all: true, filters: { label } });
  const networks = await docker.listNetworks({ filters: { label: networkFilter(harness.installationId) } });
  return containers.length + networks.length;
}

describe.skipIf(isSkipped)('a program that runs once in a container', { timeout: LIMIT_MS }, () => {
  beforeAll(async () => {
    harness = await createDockerHarness();
    driver = await harness.open();
  }, LIMIT_MS);

  afterAll(async () => {
    await driver.stop();
    await harness.close();
  }, LIMIT_MS);

  test('reads its input, has its two streams told apart, and leaves nothing behind', async () => {
    const script =
      'import os, sys; text = sys.stdin.read(); print(os.environ["GREETING"], text); print("aside", file=sys.stderr); sys.exit(3)';
    expect(await driver.runOnce(spec(script), run({ input: 'you' }))).toEqual({
      code: 3,
      signal: null,
      timedOut: false,
      stdout: 'hello you\n',
      stderr: 'aside\n',
    });
    expect(await leftBehind()).toBe(0);
  });

  test('that takes more memory than its instances have is told as killed', async () => {
    const end = await driver.runOnce(spec('print("before", flush=True); x = bytearray(2**28); print(len(x))'), run());
    expect(end).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: false, stdout: 'before\n' });
  });

  test('that does not end is ended after its time, and told so', async () => {
    const script = 'import time; time.sleep(600)';
    expect(await driver.runOnce(spec(script), run({ timeoutMs: 3_000 }))).toMatchObject({ timedOut: true });
    expect(await leftBehind()).toBe(0);
  });

  test('is ended when nobody waits for it any more', async () => {
    const abort = new AbortController();
    const ended = driver.runOnce(spec('import time; time.sleep(600)'), run({ signal: abort.signal }));
    const running = () => docker.listContainers({ filters: { label: trialFilter(harness.installationId) } });
    await expect.poll(running, { timeout: LIMIT_MS }).toHaveLength(1);
    abort.abort();
    await ended;
    expect(await leftBehind()).toBe(0);
  });

  test('is as confined as an instance', async () => {
    const script =
      'import os; print(os.getuid(), os.access("/", os.W_OK), open("/proc/self/status").read().split("CapEff:")[1].split()[0])';
    const { stdout } = await driver.runOnce(
      { ...spec(script), container: containerSpec({ user: '10001:10001' }) },
      run(),
    );
    expect(stdout).toBe('10001 False 0000000000000000\n');
  });

  test('of which the image is gone is refused in the words of the engine', async () => {
    const gone = { ...spec('pass'), container: containerSpec({ imageId: `sha256:${'0'.repeat(64)}` }) };
    await expect(driver.runOnce(gone, run())).rejects.toMatchObject({ code: expect.stringMatching(/^deployment\./) });
    expect(await leftBehind()).toBe(0);
  });

  test('and was left by a control plane that was killed goes when the next one starts', async () => {
    const { imageId } = containerSpec();
    await docker.createContainer({
      Image: imageId,
      Cmd: python('pass'),
      Labels: labelsOfTrial(harness.installationId),
    });
    expect(await leftBehind()).toBe(1);
    const next = await harness.open();
    expect(await leftBehind()).toBe(0);
    await next.stop();
  });
});
