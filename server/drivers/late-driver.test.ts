import { expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { createFakeDriver } from './fake/fake-driver.ts';
import { createFakeWorld, FAKE_COMMAND } from './fake/fake-world.ts';
import { createLateDriver, type LateDriver } from './late-driver.ts';
import type { InstanceSpec, RuntimeDriver } from './runtime-driver.ts';

const PROBE = {
  path: '/',
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
};

const specOf = (instanceId: string): InstanceSpec => ({
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
});

function lateDriver(make: () => Promise<RuntimeDriver>, isNeededAtStart = false): LateDriver {
  return createLateDriver({ name: 'fake', memoryLimitBy: 'none', isNeededAtStart, make });
}

test('a driver is made once when it is first needed, and hints of it reach whoever listened before', async () => {
  const world = createFakeWorld(systemClock);
  let made = 0;
  const driver = lateDriver(async () => {
    made += 1;
    return createFakeDriver(world);
  });
  const hints: string[] = [];
  driver.onHint((endpoint) => hints.push(endpoint));
  await driver.start();
  expect(await driver.observe()).toEqual([]);
  expect(await driver.sample()).toEqual([]);
  expect(await driver.listKept()).toEqual([]);
  await driver.remove('iris.blue.none');
  expect(made).toBe(0);
  await Promise.all(['a', 'b'].map((id) => driver.ensure(specOf(`iris.blue.${id}`))));
  expect(made).toBe(1);
  expect(await driver.observe()).toHaveLength(2);
  expect(hints).toContain('iris');
  await driver.stop();
  await expect(driver.ensure(specOf('iris.blue.c'))).rejects.toThrow('stopped');
  await world.close();
});

test('one that is needed at once is there when it has started', async () => {
  const world = createFakeWorld(systemClock);
  await createFakeDriver(world).ensure(specOf('iris.blue.a'));
  const driver = lateDriver(async () => createFakeDriver(world), true);
  await driver.start();
  expect(await driver.observe()).toHaveLength(1);
  await driver.stop();
  await world.close();
});

test('one that could not be made is made by the next who needs it', async () => {
  const world = createFakeWorld(systemClock);
  const makers = [() => Promise.reject(new Error('not yet')), async () => createFakeDriver(world)];
  const driver = lateDriver(() => makers.shift()!());
  await expect(driver.appear()).rejects.toThrow('not yet');
  await driver.appear();
  expect(await driver.ensure(specOf('iris.blue.a'))).toEqual({ kind: 'started' });
  await driver.stop();
  await world.close();
});
