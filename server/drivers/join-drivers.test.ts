import { expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { createFakeDriver } from './fake/fake-driver.ts';
import { createFakeWorld, FAKE_COMMAND } from './fake/fake-world.ts';
import { joinDrivers } from './join-drivers.ts';
import type { ConsoleLine, InstanceSpec } from './runtime-driver.ts';

const PROBE = {
  path: '/',
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
};

function specOf(instanceId: string, change: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    instanceId,
    endpoint: 'iris',
    deployment: 'blue',
    specHash: 'a',
    command: [FAKE_COMMAND],
    environment: {},
    modelDir: null,
    cpu: 1,
    memoryMib: 64,
    liveness: PROBE,
    readiness: PROBE,
    stopGraceSeconds: 1,
    ...change,
  };
}

test('programs and external servers are each given to their own driver, and asked about as one', async () => {
  const [programs, elsewhere] = [createFakeWorld(systemClock), createFakeWorld(systemClock)];
  const driver = joinDrivers(createFakeDriver(programs), createFakeDriver(elsewhere));
  await driver.start();
  const hints: string[] = [];
  const end = driver.onHint((endpoint) => hints.push(endpoint));
  await driver.ensure(specOf('iris.blue.a'));
  await driver.ensure(specOf('iris.blue.b', { external: { url: 'http://models.example', headers: {} } }));
  expect([[...programs.instances.keys()], [...elsewhere.instances.keys()]]).toEqual([['iris.blue.a'], ['iris.blue.b']]);
  expect((await driver.observe()).map(({ instanceId }) => instanceId)).toEqual(['iris.blue.a', 'iris.blue.b']);
  expect((await driver.sample()).length).toBe(2);
  expect(hints.length).toBeGreaterThan(1);
  end();

  const lines = await driver.readLogs('iris', 'blue', null, { tail: 100 });
  expect(new Set(lines.map(({ instanceId }) => instanceId))).toEqual(new Set(['iris.blue.a', 'iris.blue.b']));
  expect(await driver.readLogs('iris', 'blue', null, { tail: 1 })).toHaveLength(1);
  expect(await driver.readLogs('iris', 'blue', null, { tail: 0 })).toEqual([]);
  const heard: ConsoleLine[] = [];
  const leave = new AbortController();
  const following = driver.followLogs('iris', 'blue', null, null, (line) => heard.push(line), leave.signal);
  for (const instanceId of ['iris.blue.a', 'iris.blue.b']) await driver.remove(instanceId);
  leave.abort();
  await following;
  expect(heard.map(({ instanceId }) => instanceId)).toEqual(['iris.blue.a', 'iris.blue.b']);

  expect(await driver.observe()).toEqual([]);
  expect(await driver.listKept()).toHaveLength(2);
  await driver.forgetDeployment('iris', 'blue');
  expect(await driver.listKept()).toEqual([]);
  await driver.stop();
  for (const world of [programs, elsewhere]) await world.close();
});
