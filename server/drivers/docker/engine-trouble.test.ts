import { once } from 'node:events';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import type { InstanceSpec } from '../runtime-driver.ts';
import { createDockerDriver, type DockerDriver } from './docker-driver.ts';
import { containerSpec } from './docker-fixture.ts';

const NOBODY = 65_534;
const PATIENCE_MS = 15_000;

const PROBE = {
  path: '/',
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 2,
  successThreshold: 1,
  failureThreshold: 3,
};

const SPEC: InstanceSpec = {
  instanceId: 'iris.blue.a1',
  endpoint: 'iris',
  deployment: 'blue',
  specHash: 'first',
  container: containerSpec(),
  command: ['serve'],
  environment: {},
  modelDir: null,
  cpu: 1,
  memoryMib: 64,
  liveness: PROBE,
  readiness: PROBE,
  stopGraceSeconds: 1,
};

describe('an engine that cannot be reached', () => {
  let folder: string;
  let socket: string;
  let driver: DockerDriver;
  let passedMs: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-trouble-'));
    socket = join(folder, 'docker.sock');
    passedMs = 0;
    driver = createDockerDriver({
      engineHost: `unix://${socket}`,
      installationId: 'trouble',
      folder: join(folder, 'containers'),
      mountRoots: [],
      listGpus: async () => [],
      measureGpus: async () => [],
      clock: { ...systemClock, now: () => systemClock.now() + passedMs },
      onError: () => undefined,
    });
  });

  afterEach(async () => {
    await driver.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Whoever asks is to ask again for a while, for engines that are restarted are back soon; then it is told why. */
  async function refusal(): Promise<unknown> {
    await driver.start();
    await expect(driver.ensure(SPEC)).rejects.toThrow(socket);
    passedMs = PATIENCE_MS;
    return driver.ensure(SPEC);
  }

  const refused = (detail: RegExp) => ({
    kind: 'refused',
    code: 'deployment.runtime_unavailable',
    detail: expect.stringMatching(detail),
  });

  test('because it is not there is to be installed or started', async () => {
    expect(await refusal()).toEqual(refused(/is not there\. Install Docker, or start it\./));
  });

  test('because nobody listens on its socket is to be started', async () => {
    const gone = createServer().listen(join(folder, 'gone.sock'));
    await once(gone, 'listening');
    // A server takes the path away that it was given, and this one stays as after a crash.
    await rename(join(folder, 'gone.sock'), socket);
    gone.close();
    await once(gone, 'close');
    expect(await refusal()).toEqual(refused(/nobody listens on .*docker\.sock\. Start it/));
  });

  test('because this user may not open its socket names the group', async () => {
    const engine = createServer().listen(socket);
    await once(engine, 'listening');
    await chmod(socket, 0o600);
    await chmod(folder, 0o777);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    else await chmod(socket, 0o000);
    try {
      expect(await refusal()).toEqual(
        refused(/^This user may not open .*docker\.sock\. Add the user to the group "docker"/),
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
      engine.close();
    }
  });
});
