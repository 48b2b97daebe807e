import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentRecord, DesiredDeployment } from '#server/domain/deployment.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { desiredOnnx, PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { planEndpoint } from './plan-endpoint.ts';
import { createPlanWorld, type PlanWorld } from './plan-world-fixture.ts';

const ENDPOINT: EndpointRecord = {
  ...PLAIN_ENDPOINT,
  uid: 'endpoint-1',
  name: 'iris',
  traffic: {},
  mirrorTraffic: {},
  desiredState: 'run',
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
};

const OPERATION: OperationRecord = {
  id: 'op',
  kind: 'deployment.update',
  resource: '',
  endpointName: 'iris',
  deploymentName: 'blue',
  status: 'running',
  targetSpecHash: null,
  targetRouteRevision: null,
  stages: [],
  error: null,
  actor: 'test',
  createdAt: 0,
  finishedAt: null,
};

const desired = (version: number, count: number): DesiredDeployment =>
  desiredOnnx({ instanceCount: count, environmentVariables: { VERSION: String(version) } });

const deploymentOf = (wanted: DesiredDeployment, goodState: DesiredDeployment | null = null): DeploymentRecord => ({
  ...wanted,
  endpointName: 'iris',
  name: 'blue',
  routeWhenReady: null,
  desiredState: 'run',
  colourSlot: 1,
  operationId: null,
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
  goodState,
  provisioningState: 'Creating',
  readyInstances: 0,
  error: null,
});

const kinds = (world: PlanWorld): string[] => planEndpoint(world.observe()).map(({ kind }) => kind);

/** Plans and applies until the plan is empty. Instances become ready at once. */
function settle(world: PlanWorld, onStep: () => void = () => undefined): void {
  let quietRounds = 0;
  for (let round = 0; round < 200; round += 1) {
    const actions = planEndpoint(world.observe());
    for (const action of actions) {
      world.apply(action);
      onStep();
    }
    makeReady(world);
    world.publish();
    onStep();
    // What was retired last is stopped only after the publication that follows.
    quietRounds = actions.length === 0 ? quietRounds + 1 : 0;
    if (quietRounds === 2) return;
  }
  throw new Error('The plan does not come to rest.');
}

function makeReady(world: PlanWorld): void {
  for (const [id, actual] of world.actual)
    if (actual.state === 'probing') world.actual.set(id, { ...actual, state: 'ready' });
}

const readyRows = (world: PlanWorld): number =>
  world.rows.filter(({ id, desired: wish }) => wish === 'run' && world.actual.get(id)?.state === 'ready').length;

/** A world in which `count` instances of version 1 serve. */
function servingWorld(count: number): PlanWorld {
  const world = createPlanWorld(ENDPOINT, deploymentOf(desired(1, count)));
  world.operation = { ...OPERATION, kind: 'deployment.create' };
  settle(world);
  world.operation = null;
  return world;
}

function ask(world: PlanWorld, wanted: DesiredDeployment): void {
  if (world.deployment === null) throw new Error('There is no deployment.');
  world.deployment = { ...world.deployment, ...wanted };
  world.operation = OPERATION;
}

describe('the plan', () => {
  test('of a new deployment writes the rows first and starts them afterwards', () => {
    const world = createPlanWorld(ENDPOINT, deploymentOf(desired(1, 2)));
    const [create, ...others] = planEndpoint(world.observe());
    expect(create).toMatchObject({ kind: 'create_instances', count: 2 });
    expect(others).toEqual([]);
    if (create !== undefined) world.apply(create);
    expect(kinds(world)).toEqual(['ensure_instance', 'ensure_instance']);
  });

  test('of what is as it is wanted is empty', () => {
    expect(planEndpoint(servingWorld(3).observe())).toEqual([]);
  });

  test('replaces a few at a time, at least one', () => {
    const world = servingWorld(10);
    ask(world, desired(2, 10));
    expect(planEndpoint(world.observe())).toMatchObject([{ kind: 'create_instances', count: 2 }]);
    const single = servingWorld(1);
    ask(single, desired(2, 1));
    expect(planEndpoint(single.observe())).toMatchObject([{ kind: 'create_instances', count: 1 }]);
  });

  test('retires those of a smaller count that serve least', () => {
    const world = servingWorld(3);
    const [first] = world.rows;
    const actual = world.actual.get(first?.id ?? '');
    if (first === undefined || actual === undefined) throw new Error('No instance.');
    world.actual.set(first.id, { ...actual, state: 'unready' });
    ask(world, desired(1, 2));
    const retired = planEndpoint(world.observe()).filter(({ kind }) => kind === 'retire_instance');
    expect(retired).toMatchObject([{ instanceId: first.id }]);
  });

  test('starts an instance anew that the driver has lost', () => {
    const world = servingWorld(1);
    world.actual.clear();
    expect(kinds(world)).toContain('ensure_instance');
  });

  test('of a creation that failed and was given up asks for nothing', () => {
    const world = createPlanWorld(ENDPOINT, { ...deploymentOf(desired(1, 1)), provisioningState: 'Failed' });
    expect(planEndpoint(world.observe())).toEqual([]);
  });

  test('of an endpoint that is to go ends with nothing', () => {
    const world = servingWorld(2);
    if (world.deployment !== null) world.deployment = { ...world.deployment, desiredState: 'delete' };
    settle(world);
    expect([world.deployment, world.rows, world.actual.size]).toEqual([null, [], 0]);
  });
});

describe('whatever is asked for, in whatever order', () => {
  const wish = fc.record({ version: fc.integer({ min: 1, max: 4 }), count: fc.integer({ min: 1, max: 6 }) });

  test('the wanted instances run in the end, each once, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 6 }), fc.nat({ max: 12 }), (wishes, stepsBetween) => {
        const world = servingWorld(2);
        for (const { version, count } of wishes) {
          ask(world, desired(version, count));
          for (let step = 0; step < stepsBetween; step += 1) {
            const [action] = planEndpoint(world.observe());
            if (action !== undefined) world.apply(action);
            if (step % 3 === 0) makeReady(world);
            world.publish();
          }
        }
        settle(world);
        const last = wishes.at(-1);
        expect(world.rows).toHaveLength(last?.count ?? 0);
        expect(world.rows.every(({ specHash }) => specHash === world.deployment?.specHash)).toBe(true);
        expect([...world.actual.keys()].toSorted()).toEqual(world.rows.map(({ id }) => id).toSorted());
      }),
    );
  });

  test('an update never has fewer ready than the smaller of what was and what is wanted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (before, after) => {
        const world = servingWorld(before);
        ask(world, desired(2, after));
        const fewest: number[] = [];
        settle(world, () => fewest.push(readyRows(world)));
        expect(Math.min(...fewest)).toBeGreaterThanOrEqual(Math.min(before, after));
      }),
    );
  });

  test('no instance is stopped while the table holds it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), wish, (before, { version, count }) => {
        const world = servingWorld(before);
        ask(world, desired(version + 1, count));
        for (let round = 0; round < 100; round += 1) {
          const actions = planEndpoint(world.observe());
          for (const action of actions) {
            if (action.kind === 'stop_instance') expect(world.routed.has(action.instanceId)).toBe(false);
            world.apply(action);
          }
          makeReady(world);
          world.publish();
          if (actions.length === 0) break;
        }
        expect(world.rows).toHaveLength(count);
      }),
    );
  });
});

describe('where every GPU of the host is taken', () => {
  const withGpu = (version: number, count: number): DesiredDeployment => {
    const wanted = desired(version, count);
    return { ...wanted, spec: { ...wanted.spec, gpus: 1 } };
  };

  test.each([1, 2, 4])(
    'an update of %i instances never starts more than there is room for, and ends as wanted',
    (count) => {
      const world = createPlanWorld(ENDPOINT, deploymentOf(withGpu(1, count)), count);
      world.operation = { ...OPERATION, kind: 'deployment.create' };
      settle(world);
      ask(world, withGpu(2, count));
      let fewest = count;
      settle(world, () => {
        expect(world.actual.size).toBeLessThanOrEqual(count);
        fewest = Math.min(fewest, readyRows(world));
      });
      expect(fewest).toBe(count - 1);
      expect(world.rows.map(({ specHash }) => specHash)).toEqual(
        Array.from({ length: count }, () => withGpu(2, count).specHash),
      );
    },
  );

  test('a smaller count gives its room back', () => {
    const world = createPlanWorld(ENDPOINT, deploymentOf(withGpu(1, 3)), 3);
    world.operation = { ...OPERATION, kind: 'deployment.create' };
    settle(world);
    ask(world, withGpu(2, 1));
    settle(world);
    expect(world.rows).toHaveLength(1);
  });
});
