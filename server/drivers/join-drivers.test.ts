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

const CONTAINER = {
  imageId: 'sha256:0',
  imageName: 'iris',
  port: 8080,
  mounts: [],
  readOnlyRoot: true,
  user: null,
  gpus: 0,
  egress: false,
};

test('programs, containers and external servers are each given to their own driver, and asked about as one', async () => {
  const worlds = [createFakeWorld(systemClock), createFakeWorld(systemClock), createFakeWorld(systemClock)] as const;
  const [process, docker, external] = worlds;
  const driver = joinDrivers({
    process: createFakeDriver(process),
    docker: createFakeDriver(docker),
    external: createFakeDriver(external),
  });
  await driver.start();
  const hints: string[] = [];
  const end = driver.onHint((endpoint) => hints.push(endpoint));
  await driver.ensure(specOf('iris.blue.a'));
  await driver.ensure(specOf('iris.blue.b', { external: { url: 'http://models.example', headers: {} } }));
  await driver.ensure(specOf('iris.blue.c', { container: CONTAINER }));
  expect(worlds.map(({ instances }) => [...instances.keys()])).toEqual([
    ['iris.blue.a'],
    ['iris.blue.c'],
    ['iris.blue.b'],
  ]);
  const ids = ['iris.blue.a', 'iris.blue.c', 'iris.blue.b'];
  expect((await driver.observe()).map(({ instanceId }) => instanceId)).toEqual(ids);
  expect((await driver.sample()).length).toBe(3);
  expect(hints.length).toBeGreaterThan(1);
  end();

  const lines = await driver.readLogs('iris', 'blue', null, { tail: 100 });
  expect(new Set(lines.map(({ instanceId }) => instanceId))).toEqual(new Set(ids));
  expect(await driver.readLogs('iris', 'blue', null, { tail: 1 })).toHaveLength(1);
  expect(await driver.readLogs('iris', 'blue', null, { tail: 0 })).toEqual([]);
  const heard: ConsoleLine[] = [];
  const leave = new AbortController();
  const following = driver.followLogs('iris', 'blue', null, null, (line) => heard.push(line), leave.signal);
  for (const instanceId of ids) await driver.remove(instanceId);
  leave.abort();
  await following;
  expect(heard.map(({ instanceId }) => instanceId)).toEqual(ids);

  expect(await driver.observe()).toEqual([]);
  expect(await driver.listKept()).toHaveLength(3);
  await driver.forgetDeployment('iris', 'blue');
  expect(await driver.listKept()).toEqual([]);
  await driver.stop();
  for (const world of worlds) await world.close();
});

test('what this host cannot run is refused, and the rest runs', async () => {
  const world = createFakeWorld(systemClock);
  const driver = joinDrivers({ process: createFakeDriver(world), docker: null, external: null });
  await driver.start();
  expect(await driver.ensure(specOf('iris.blue.a', { container: CONTAINER }))).toMatchObject({
    kind: 'refused',
    code: 'deployment.runtime_unavailable',
  });
  expect(await driver.ensure(specOf('iris.blue.b'))).toEqual({ kind: 'started' });
  expect(await driver.observe()).toHaveLength(1);
  await driver.stop();
  await world.close();
});
