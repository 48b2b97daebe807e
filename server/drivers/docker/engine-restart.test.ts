import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import type { InstanceSpec, ObservedInstance } from '../runtime-driver.ts';
import {
  createDockerHarness,
  type DockerHarness,
  HEALTHY,
  isSkipped,
  python,
  TEST_TIMEOUT_MS,
} from './docker-fixture.ts';
import type { DockerDriver } from './docker-driver.ts';
import { createOwnEngine, type OwnEngine } from './own-engine-fixture.ts';

vi.setConfig({ testTimeout: 3 * TEST_TIMEOUT_MS, hookTimeout: 2 * TEST_TIMEOUT_MS });

/** An engine of one's own takes root and its programs. */
const cannotRunEngine =
  process.getuid?.() !== 0 ||
  (await promisify(execFile)('sh', ['-c', 'command -v dockerd && command -v containerd && command -v ip']).catch(
    () => null,
  )) === null;

const PROBE = { path: '/', initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 2, successThreshold: 1 };

const SPEC: InstanceSpec = {
  instanceId: 'iris.blue.a1',
  endpoint: 'iris',
  deployment: 'blue',
  specHash: 'first',
  command: python(HEALTHY),
  environment: {},
  modelDir: null,
  cpu: 0.5,
  memoryMib: 128,
  liveness: { ...PROBE, failureThreshold: 1000 },
  readiness: { ...PROBE, failureThreshold: 1000 },
  stopGraceSeconds: 1,
};

describe.skipIf(isSkipped || cannotRunEngine)('when the engine is restarted (needs root, dockerd and ip)', () => {
  let engine: OwnEngine;
  let harness: DockerHarness;
  let driver: DockerDriver;

  afterEach(async () => {
    await driver.stop();
    await engine.close();
    await harness.close();
  });

  async function open(liveRestore: boolean): Promise<ObservedInstance> {
    engine = await createOwnEngine(liveRestore);
    harness = await createDockerHarness();
    driver = await harness.open({ engineHost: engine.host });
    expect(await driver.ensure({ ...SPEC, ...harness.spec })).toEqual({ kind: 'started' });
    return reach('ready', ({ state }) => state === 'ready');
  }

  const reach = (what: string, holds: (instance: ObservedInstance) => boolean): Promise<ObservedInstance> =>
    eventually(
      async () => {
        const [instance] = await driver.observe();
        return instance !== undefined && holds(instance) ? instance : null;
      },
      what,
      TEST_TIMEOUT_MS,
    );

  const isGone = ({ unknownSince }: ObservedInstance): boolean => unknownSince !== undefined;

  test('with live-restore, an instance keeps serving without a failed call, upgrade or crash', async () => {
    const before = await open(true);
    const calls = { done: 0, failed: 0 };
    let ending = false;
    const calling = (async () => {
      while (!ending) {
        const answer = await fetch(`http://${before.address?.host}:${before.address?.port}/`, {
          headers: { connection: 'close' },
        }).catch(() => null);
        calls[answer?.ok === true ? 'done' : 'failed'] += 1;
      }
    })();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await engine.stop(signal);
      await reach('the mark', isGone);
      const { done } = calls;
      await eventually(() => calls.done > done + 10, 'calls meanwhile');
      await engine.start();
      const after = await reach('the end of the mark', (instance) => !isGone(instance));
      expect(after).toMatchObject({
        state: 'ready',
        runtimeRef: before.runtimeRef,
        address: before.address,
        restarts: 0,
      });
    }
    ending = true;
    await calling;
    expect(calls.failed).toBe(0);
  });

  test('without it, an instance that ended with the engine is started again when the engine is back', async () => {
    const before = await open(false);
    await engine.stop('SIGTERM');
    await reach('the mark', isGone);
    await engine.start();
    const after = await reach('the next start', ({ state, generation }) => state === 'ready' && generation > 1);
    expect(after.runtimeRef).not.toBe(before.runtimeRef);
    expect(await engine.docker.listContainers({ all: true })).toHaveLength(1);
  });
});
