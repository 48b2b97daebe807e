import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { UNOBSERVED, type InstanceRecord } from '#server/domain/instance.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import type { ObservedInstance } from '#server/drivers/runtime-driver.ts';
import type { EndpointObservation } from './observe-endpoint.ts';
import type { Action } from './plan-endpoint.ts';

/**
 * The least world that a plan can be played in: it carries actions out on plain data, so that tests can look at every state between two of them.
 */
export interface PlanWorld {
  deployment: DeploymentRecord | null;
  readonly rows: InstanceRecord[];
  readonly actual: Map<string, ObservedInstance>;
  operation: OperationRecord | null;
  /** Instances in the published table, which every worker serves at once here. */
  routed: Set<string>;
  observe(): EndpointObservation;
  apply(action: Action): void;
  publish(): void;
}

export function createPlanWorld(endpoint: EndpointRecord, deployment: DeploymentRecord, gpuCount = 0): PlanWorld {
  let made = 0;
  const world: PlanWorld = {
    deployment,
    rows: [],
    actual: new Map(),
    operation: null,
    routed: new Set(),
    observe: () => ({
      endpoint,
      keys: [],
      deployments: world.deployment === null ? [] : [world.deployment],
      instances: [...world.rows],
      operations: world.operation === null ? [] : [world.operation],
      now: 1_000,
      actual: new Map(world.actual),
      refusals: new Map(),
      builds: new Map(),
      gpuCount,
      routes: {
        revision: 1,
        confirmed: 1,
        total: 1,
        connected: true,
        settled: true,
        routed: world.routed,
        upToDate: true,
      },
    }),
    apply,
    publish() {
      const wanted = world.rows.filter(
        ({ id, desired }) => desired === 'run' && world.actual.get(id)?.state === 'ready',
      );
      world.routed = new Set(wanted.map(({ id }) => id));
    },
  };

  function apply(action: Action): void {
    switch (action.kind) {
      case 'create_instances':
        for (let count = 0; count < action.count; count += 1) world.rows.push(newRow(action.deployment, (made += 1)));
        return;
      case 'ensure_instance':
        world.actual.set(action.instance.id, started(action.instance));
        return;
      case 'retire_instance':
        replaceRow(action.instanceId, { desired: 'remove', drainingSince: 1 });
        return;
      case 'stop_instance':
        world.actual.delete(action.instanceId);
        return;
      case 'forget_instance':
        world.rows.splice(
          world.rows.findIndex(({ id }) => id === action.instanceId),
          1,
        );
        return;
      case 'mark_good': {
        const { written, spec, specHash, generation } = action.deployment;
        world.deployment = {
          ...action.deployment,
          goodState: { written, spec, specHash, generation },
          routeWhenReady: null,
        };
        return;
      }
      case 'fail_rollout':
        world.operation = null;
        if (action.after === 'revert') world.deployment = { ...action.deployment, ...action.deployment.goodState };
        if (action.after === 'remove') for (const { id } of world.rows) replaceRow(id, { desired: 'remove' });
        if (world.deployment !== null) world.deployment = { ...world.deployment, provisioningState: 'Failed' };
        return;
      case 'delete_deployment':
        world.deployment = null;
        return;
      case 'delete_endpoint':
        return;
    }
  }

  function replaceRow(id: string, change: Partial<InstanceRecord>): void {
    const at = world.rows.findIndex((row) => row.id === id);
    const row = world.rows[at];
    if (row !== undefined) world.rows[at] = { ...row, ...change };
  }

  return world;
}

function newRow({ endpointName, name, specHash, spec }: DeploymentRecord, serial: number): InstanceRecord {
  const id = `${endpointName}.${name}.${String(serial).padStart(4, '0')}`;
  const row = { id, endpointName, deploymentName: name, specHash, spec, createdAt: serial };
  return { ...UNOBSERVED, ...row, desired: 'run', drainingSince: null };
}

function started(row: InstanceRecord): ObservedInstance {
  return {
    instanceId: row.id,
    endpoint: row.endpointName,
    deployment: row.deploymentName,
    specHash: row.specHash,
    state: 'probing',
    generation: 1,
    address: { host: '127.0.0.1', port: 20_000 },
    startedAt: '1970-01-01T00:00:00.000Z',
    restarts: 0,
    lastExit: null,
    runtimeRef: row.id,
    memoryLimitBy: 'none',
    probe: { attempts: 1, lastResult: 'HTTP 503' },
  };
}
