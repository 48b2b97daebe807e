import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noEnvironments } from '#server/testing/no-environments.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { NO_PRECONDITION } from '#server/commands/check-precondition.ts';
import { cancelOperation } from '#server/commands/cancel-operation.ts';
import { deleteEndpoint } from '#server/commands/delete-endpoint.ts';
import { restartDeployment } from '#server/commands/restart-deployment.ts';
import { findEndpoint } from '#server/store/endpoint-store.ts';
import { listCapacityIntervals } from '#server/store/instance-store.ts';
import { findOperation } from '#server/store/operation-store.ts';
import { createControlPlaneFixture, type ControlPlaneFixture } from '#server/testing/control-plane-fixture.ts';
import { createFakeDriver } from '#server/drivers/fake/fake-driver.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { eventually } from '#server/testing/eventually.ts';
import { applyAction } from './apply-action.ts';

let stack: ControlPlaneFixture;

beforeEach(async () => {
  stack = await createControlPlaneFixture();
});

afterEach(() => stack.close());

/** Waits until nothing is on its way out any more. */
const settled = () =>
  eventually(async () => (await stack.instances()).every(({ desired }) => desired === 'run'), 'all leaving to be gone');

const statuses = (operation: OperationRecord): string[] => operation.stages.map(({ status }) => status);

/** Ready instances of a deployment in each published table, oldest first. */
const servedOver = (name: string): number[] =>
  stack.gateway.tables.map(
    (table) => table.endpoints[0]?.deployments.find((one) => one.name === name)?.instances.length ?? 0,
  );

const openCost = async (): Promise<number> => {
  const all = await listCapacityIntervals(stack.database, { from: 0, to: Number.MAX_SAFE_INTEGER });
  expect(new Set(all.map(({ instanceId }) => instanceId)).size).toBe(all.length);
  return all.filter(({ stoppedAt }) => stoppedAt === null).length;
};

describe('a creation', () => {
  test('ends when every wanted instance is ready and served by every worker', async () => {
    const operation = await stack.ended(await stack.put('blue', [], { instance_count: 2 }));
    expect(operation).toMatchObject({ status: 'succeeded', error: null });
    expect(statuses(operation)).toEqual(['succeeded', 'skipped', 'succeeded', 'succeeded', 'succeeded']);
    expect(operation.stages.at(-1)?.message).toMatch(/^Route table \d+ is served by 2 of 2 gateway workers\.$/);
    expect(await stack.deployment('blue')).toMatchObject({ provisioningState: 'Succeeded', readyInstances: 2 });
    expect(servedOver('blue').at(-1)).toBe(2);
    expect(await openCost()).toBe(2);
  });

  test.each<[string, object, string[]]>([
    ['tags', { tags: { a: 'b' } }, ['succeeded', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped']],
    [
      'request settings',
      { request_settings: { request_timeout_ms: 9_000 } },
      ['succeeded', 'skipped', 'skipped', 'skipped', 'succeeded', 'skipped'],
    ],
    [
      'a larger count',
      { instance_count: 3 },
      ['succeeded', 'skipped', 'succeeded', 'succeeded', 'succeeded', 'skipped'],
    ],
    [
      'a smaller count',
      { instance_count: 1 },
      ['succeeded', 'skipped', 'skipped', 'skipped', 'succeeded', 'succeeded'],
    ],
    [
      'the program',
      { environment_variables: { A: 'b' } },
      ['succeeded', 'skipped', 'succeeded', 'succeeded', 'succeeded', 'succeeded'],
    ],
  ])('an update of only %s shows the stages as skipped that had nothing to do', async (_what, change, expected) => {
    await stack.ended(await stack.put('blue', [], { instance_count: 2 }));
    const operation = await stack.ended(await stack.put('blue', [], { instance_count: 2, ...change }));
    expect(operation).toMatchObject({ kind: 'deployment.update', status: 'succeeded' });
    expect(statuses(operation)).toEqual(expected);
  });

  test('an update that interrupts one under way skips nothing that the first had begun', async () => {
    await stack.ended(await stack.put('blue', []));
    await stack.put('blue', ['never-ready']);
    const operation = await stack.ended(await stack.put('blue', [], { tags: { a: 'b' } }));
    expect(operation.status).toBe('succeeded');
    expect(statuses(operation).filter((status) => status === 'skipped')).toHaveLength(1);
  });

  test('an update that fails puts the tags of the last good one back, also when only they had changed', async () => {
    await stack.ended(await stack.put('blue', []));
    await stack.ended(await stack.put('blue', [], { tags: { kept: 'yes' } }));
    expect(await stack.ended(await stack.put('blue', ['exits', '7']))).toMatchObject({ status: 'failed' });
    expect((await stack.deployment('blue'))?.written.tags).toEqual({ kept: 'yes' });
  });

  test('keeps its logs over a restart, while those of a deployment that nobody knows go', async () => {
    await stack.ended(await stack.put('blue', ['said-by-blue']));
    await stack.ended(await stack.put('failed', ['exits', '7', 'last-words']));
    const lineOf = (text: string) => ({ cursor: '1', at: '', instanceId: '', stream: 'stdout', text }) as const;
    stack.world.lines.set('iris/ghost', [lineOf('left by a crash')]);
    stack.world.lines.set('nobody/blue', [lineOf('of an endpoint that is gone too')]);
    await stack.restart();
    await eventually(() => [...stack.world.lines.keys()].every((key) => !/ghost|nobody/.test(key)), 'the sweep');
    expect([...stack.world.lines.keys()].toSorted()).toEqual(['iris/blue', 'iris/failed']);
    expect(stack.world.lines.get('iris/failed')?.map(({ text }) => text)).toContain('last-words');
  });

  test('gives the promised share of the traffic in the moment it is ready', async () => {
    await stack.ended(await stack.put('blue', [], {}, true));
    expect((await findEndpoint(stack.database, 'iris'))?.traffic).toEqual({ blue: 100 });
    expect(stack.gateway.tables.at(-1)?.endpoints[0]?.deployments[0]?.weight).toBe(100);
    await stack.ended(await stack.put('green', []));
    expect((await findEndpoint(stack.database, 'iris'))?.traffic).toEqual({ blue: 100 });
    await stack.ended(await stack.put('green', [], {}, true));
    expect((await findEndpoint(stack.database, 'iris'))?.traffic).toEqual({ green: 100 });
  });

  test('of a program that ends again and again fails, removes its instances and keeps the log', async () => {
    const operation = await stack.ended(await stack.put('blue', ['exits', '7', 'last-words']));
    expect(operation.status).toBe('failed');
    expect(operation.error).toMatchObject({ code: 'deployment.exited', status: 422 });
    expect(operation.error?.detail).toContain('exited with code 7');
    expect(operation.error?.details?.['log_tail']).toContain('last-words');
    await settled();
    expect(await stack.instances()).toEqual([]);
    expect(await openCost()).toBe(0);
    const deployment = await stack.deployment('blue');
    expect(deployment).toMatchObject({ provisioningState: 'Failed', readyInstances: 0 });
    expect(deployment?.error?.code).toBe('deployment.exited');
    expect(stack.world.lines.get('iris/blue')?.length).toBeGreaterThan(0);
  });

  test('that never becomes ready fails, keeps its instance and goes on charging for it', async () => {
    const patience = { readiness_probe: { initial_delay: 0, period: 1, failure_threshold: 1 } };
    const operation = await stack.ended(await stack.put('blue', ['never-ready'], patience));
    expect(operation.error).toMatchObject({ code: 'deployment.not_ready_in_time' });
    expect(operation.error?.detail).toContain('HTTP 503');
    expect(await stack.instances()).toHaveLength(1);
    expect(await openCost()).toBe(1);
    const [instance] = await stack.instances();
    stack.world.setReady(instance?.id ?? '', true);
    await eventually(async () => (await stack.deployment('blue'))?.provisioningState === 'Succeeded');
    expect((await stack.deployment('blue'))?.error).toBeNull();
    expect(servedOver('blue').at(-1)).toBe(1);
  });

  test('of a command that does not exist fails at once and leaves nothing', async () => {
    const operation = await stack.ended(await stack.put('blue', ['missing']));
    expect(operation.error).toMatchObject({ code: 'deployment.command_not_found' });
    await settled();
    expect(await openCost()).toBe(0);
  });

  test('that is cancelled leaves no deployment', async () => {
    const id = await stack.put('blue', ['never-ready']);
    await eventually(async () => (await stack.instances()).length === 1);
    await cancelOperation(stack, SYSTEM_ACTOR, id);
    await eventually(async () => (await stack.deployment('blue')) === null, 'the row to go');
    expect(stack.world.instances.size).toBe(0);
    expect((await findOperation(stack.database, id))?.status).toBe('canceled');
    expect(await openCost()).toBe(0);
  });

  test('of no instances succeeds with none', async () => {
    const operation = await stack.ended(await stack.put('blue', [], { instance_count: 0 }));
    expect(operation.status).toBe('succeeded');
    expect(await stack.instances()).toEqual([]);
  });
});

test('an operation ends only when the published table shows what it promises', async () => {
  const servedWhenEnded: { instances: number; weight: number }[] = [];
  const end = stack.database.onChanges(() => {
    void findDeploymentOperation().then((operation) => {
      const served = stack.gateway.tables.at(-1)?.endpoints[0]?.deployments[0];
      if (operation?.status === 'succeeded' && served !== undefined) {
        servedWhenEnded.push({ instances: served.instances.length, weight: served.weight });
      }
    });
  });
  const findDeploymentOperation = async () => {
    const id = (await stack.deployment('blue'))?.operationId;
    return id ? findOperation(stack.database, id) : null;
  };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await stack.ended(await stack.put('blue', [`version-${attempt}`], { instance_count: 2 }, true));
  }
  end();
  expect(servedWhenEnded.length).toBeGreaterThan(0);
  expect(servedWhenEnded.filter(({ instances, weight }) => instances !== 2 || weight !== 100)).toEqual([]);
});

describe('an update', () => {
  test('replaces every instance and never serves fewer than are wanted', async () => {
    await stack.ended(await stack.put('blue', ['one'], { instance_count: 3 }));
    const before = (await stack.instances()).map(({ id }) => id);
    const tables = stack.gateway.tables.length;
    const operation = await stack.ended(await stack.put('blue', ['two'], { instance_count: 3 }));
    expect(operation.status).toBe('succeeded');
    expect(statuses(operation)).toEqual(['succeeded', 'skipped', ...Array.from({ length: 4 }, () => 'succeeded')]);
    const after = (await stack.instances()).map(({ id }) => id);
    expect(after).toHaveLength(3);
    expect(after.some((id) => before.includes(id))).toBe(false);
    expect(Math.min(...servedOver('blue').slice(tables - 1))).toBeGreaterThanOrEqual(3);
    expect(await openCost()).toBe(3);
  });

  test('that fails goes back to the version before, which serves all the while', async () => {
    await stack.ended(await stack.put('blue', ['one'], { instance_count: 2 }));
    const good = await stack.deployment('blue');
    const tables = stack.gateway.tables.length;
    const operation = await stack.ended(await stack.put('blue', ['exits', '9'], { instance_count: 2 }));
    expect(operation).toMatchObject({ status: 'failed' });
    expect(operation.error?.detail).toContain('The previous version keeps serving');
    await settled();
    const deployment = await stack.deployment('blue');
    expect(deployment).toMatchObject({ specHash: good?.specHash, provisioningState: 'Failed', readyInstances: 2 });
    expect(Math.min(...servedOver('blue').slice(tables - 1))).toBe(2);
    expect(stack.world.instances.size).toBe(2);
  });

  test('of the count alone starts or stops only the difference', async () => {
    await stack.ended(await stack.put('blue', [], { instance_count: 2 }));
    const first = (await stack.instances()).map(({ id }) => id);
    await stack.ended(await stack.put('blue', [], { instance_count: 4 }));
    const grown = (await stack.instances()).map(({ id }) => id);
    expect(grown.slice(0, 2)).toEqual(first);
    expect(grown).toHaveLength(4);
    const operation = await stack.ended(await stack.put('blue', [], { instance_count: 1 }));
    expect(operation.status).toBe('succeeded');
    await settled();
    expect((await stack.instances()).map(({ id }) => id)).toHaveLength(1);
    expect(first).toContain((await stack.instances())[0]?.id);
  });

  test('that is cancelled puts the version before back', async () => {
    await stack.ended(await stack.put('blue', ['one']));
    const good = await stack.deployment('blue');
    const id = await stack.put('blue', ['never-ready', 'two']);
    await eventually(async () => (await stack.instances()).length === 2);
    await cancelOperation(stack, SYSTEM_ACTOR, id);
    await settled();
    await eventually(async () => (await stack.instances()).length === 1);
    expect(await stack.deployment('blue')).toMatchObject({ specHash: good?.specHash, provisioningState: 'Canceled' });
  });

  test('supersedes the one that runs and wins', async () => {
    await stack.ended(await stack.put('blue', ['one']));
    const slow = await stack.put('blue', ['never-ready', 'two']);
    await eventually(async () => (await stack.instances()).length === 2);
    const last = await stack.ended(await stack.put('blue', ['three']));
    expect(last.status).toBe('succeeded');
    expect((await findOperation(stack.database, slow))?.status).toBe('superseded');
    await settled();
    const [instance, ...others] = await stack.instances();
    expect(others).toEqual([]);
    expect(instance?.spec.command).toEqual(['fake', 'three']);
  });
});

test('a restart replaces every instance without a gap', async () => {
  await stack.ended(await stack.put('blue', [], { instance_count: 2 }));
  const before = (await stack.instances()).map(({ id }) => id);
  const tables = stack.gateway.tables.length;
  const { id } = await restartDeployment(stack, SYSTEM_ACTOR, { endpointName: 'iris', name: 'blue' });
  expect((await stack.ended(id)).status).toBe('succeeded');
  await settled();
  expect((await stack.instances()).some((instance) => before.includes(instance.id))).toBe(false);
  expect(Math.min(...servedOver('blue').slice(tables - 1))).toBeGreaterThanOrEqual(2);
});

test('an instance that fails leaves the routes at once and comes back with its recovery', async () => {
  await stack.ended(await stack.put('blue', [], { instance_count: 2 }));
  const [first] = await stack.instances();
  stack.world.setReady(first?.id ?? '', false);
  await eventually(() => servedOver('blue').at(-1) === 1);
  expect((await stack.deployment('blue'))?.readyInstances).toBe(1);
  stack.world.setReady(first?.id ?? '', true);
  await eventually(() => servedOver('blue').at(-1) === 2);
  expect((await stack.deployment('blue'))?.provisioningState).toBe('Succeeded');
});

test('an instance that crashes is routed again under a new generation', async () => {
  await stack.ended(await stack.put('blue', []));
  const [instance] = await stack.instances();
  await stack.world.crash(instance?.id ?? '', { signal: 'SIGKILL' });
  await eventually(async () => (await stack.instances())[0]?.generation === 2);
  await eventually(() => stack.gateway.tables.at(-1)?.endpoints[0]?.deployments[0]?.instances[0]?.generation === 2);
  expect(servedOver('blue')).toContain(0);
});

test('no instance is stopped while a worker may still send to it', async () => {
  await stack.ended(await stack.put('blue', []));
  const [instance] = await stack.instances();
  stack.gateway.holdBack();
  const id = await stack.remove('blue');
  await eventually(() => servedOver('blue').at(-1) === 0);
  await eventually(async () => (await stack.instances())[0]?.state === 'draining');
  expect(stack.world.instances.get(instance?.id ?? '')?.state).toBe('ready');
  stack.gateway.confirm();
  expect((await stack.ended(id)).status).toBe('succeeded');
  expect(stack.world.instances.size).toBe(0);
});

test('deleting a deployment removes its row, its logs and its cost', async () => {
  await stack.ended(await stack.put('blue', ['some-output']));
  const operation = await stack.ended(await stack.remove('blue'));
  expect(statuses(operation)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(await stack.deployment('blue')).toBeNull();
  expect(stack.world.lines.size).toBe(0);
  expect(await openCost()).toBe(0);
});

test('deleting an endpoint removes everything under it', async () => {
  await stack.ended(await stack.put('blue', [], {}, true));
  const unfinished = await stack.put('green', ['never-ready']);
  const { id } = await deleteEndpoint(stack, SYSTEM_ACTOR, { name: 'iris', precondition: NO_PRECONDITION });
  expect((await stack.ended(id)).status).toBe('succeeded');
  expect((await stack.ended(unfinished)).status).toBe('superseded');
  expect(await findEndpoint(stack.database, 'iris')).toBeNull();
  expect(stack.world.instances.size).toBe(0);
  expect(stack.gateway.tables.at(-1)?.endpoints).toEqual([]);
});

test('an instance that nobody owns is removed, and one that is owned is not', async () => {
  await stack.ended(await stack.put('blue', []));
  const owned = [...stack.world.instances.values()][0];
  if (owned === undefined) throw new Error('No instance was started.');
  await stack.world.start({ ...owned.spec, instanceId: 'iris.blue.stray' });
  await stack.restart();
  await eventually(() => !stack.world.instances.has('iris.blue.stray'));
  expect(stack.world.instances.has(owned.spec.instanceId)).toBe(true);
});

test('a control plane that starts anew publishes nothing new while nothing has changed', async () => {
  await stack.ended(await stack.put('blue', [], {}, true));
  const last = stack.gateway.tables.at(-1);
  await stack.restart();
  await stack.controlPlane.idle();
  const { endpoints } = stack.gateway.tables.at(-1) ?? {};
  expect(endpoints).toEqual(last?.endpoints);
  expect(servedOver('blue').at(-1)).toBe(1);
});

test('a step that was planned before somebody asked for something else is not taken', async () => {
  await stack.ended(await stack.put('blue', ['one']));
  const planned = await stack.deployment('blue');
  const [instance] = await stack.instances();
  if (planned === null || instance === undefined) throw new Error('Nothing was deployed.');
  await stack.ended(await stack.put('blue', ['one'], { description: 'changed' }));
  const deps = { ...applyDeps(), database: stack.database };
  await applyAction(deps, { kind: 'delete_deployment', deployment: planned });
  await applyAction(deps, { kind: 'retire_instance', instanceId: instance.id, deployment: planned });
  await applyAction(deps, { kind: 'create_instances', deployment: planned, count: 3 });
  expect(await stack.deployment('blue')).not.toBeNull();
  expect((await stack.instances()).map(({ id, desired }) => [id, desired])).toEqual([[instance.id, 'run']]);
});

test('a driver that cannot tell is asked again, and nothing is concluded from its silence', async () => {
  await stack.close();
  let silent = false;
  stack = await createControlPlaneFixture((call) => (silent && call === 'observe' ? new Error('no answer') : null));
  await stack.ended(await stack.put('blue', []));
  const before = await stack.instances();
  silent = true;
  const id = await stack.put('blue', [], { instance_count: 2 });
  await stack.controlPlane.idle();
  expect((await findOperation(stack.database, id))?.status).toBe('running');
  expect(await stack.instances()).toEqual(before);
  silent = false;
  expect((await stack.ended(id)).status).toBe('succeeded');
});

const applyDeps = () => ({
  driver: createFakeDriver(stack.world),
  environments: noEnvironments,
  paths: {
    modelsDir: stack.dataDir.models,
    filesDir: stack.dataDir.files,
    onnxServer: ['fake'],
    pythonServerDir: '/nowhere',
  },
  refusals: new Map(),
  logger: createLogger('test', 'fatal'),
});
