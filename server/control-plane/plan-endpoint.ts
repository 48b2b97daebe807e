import type { DeploymentRecord, DeploymentSpec } from '#server/domain/deployment.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import { deploymentFacts, type DeploymentFacts, type InstanceFacts } from './deployment-facts.ts';
import { type EnvironmentState, isBuilt } from './environment-state.ts';
import { findFailure, type Failure } from './find-failure.ts';
import type { EndpointObservation } from './observe-endpoint.ts';

/** Of the wanted number, so many new instances may start beside the ones they replace; at least one. */
const SURGE_SHARE = 0.2;

/**
 * One step towards what is wanted. Every step may be cut short by a kill and is then planned again. A step carries the deployment that it was
 * planned for: when somebody has asked for something else meanwhile, it is not taken.
 */
export type Action =
  /** Writes the rows of new instances; starting them is the next plan's. */
  | { kind: 'create_instances'; deployment: DeploymentRecord; count: number }
  /** Begins to build what the instances of a spec need; its end is told by a hint. */
  | { kind: 'prepare_environment'; deployment: DeploymentRecord; spec: DeploymentSpec }
  | { kind: 'ensure_instance'; instance: InstanceRecord }
  /** Takes an instance out of the route table for good. */
  | { kind: 'retire_instance'; instanceId: string; deployment: DeploymentRecord }
  /** Stops an instance that no worker sends requests to any more. */
  | { kind: 'stop_instance'; instanceId: string }
  /** Removes the row of an instance that is gone, and ends its cost. */
  | { kind: 'forget_instance'; instanceId: string }
  /** The wanted spec is ready in full, and takes the share of the traffic that waited for that. */
  | { kind: 'mark_good'; deployment: DeploymentRecord }
  | { kind: 'fail_rollout'; deployment: DeploymentRecord; operationId: string; failure: Failure; after: AfterFailure }
  | { kind: 'delete_deployment'; deployment: DeploymentRecord }
  | { kind: 'delete_endpoint'; name: string };

/** `revert`: back to the last good spec. `remove`: nothing to go back to and nothing to keep. `keep`: the instance runs on, to be looked at. */
export type AfterFailure = 'revert' | 'remove' | 'keep';

/** What to do next for an endpoint; nothing when it is as it is wanted. */
export function planEndpoint(observation: EndpointObservation): Action[] {
  const { endpoint, deployments } = observation;
  if (endpoint.desiredState === 'delete' && deployments.length === 0) {
    return [{ kind: 'delete_endpoint', name: endpoint.name }];
  }
  return deployments.flatMap((deployment) => planDeployment(deploymentFacts(observation, deployment), observation));
}

function planDeployment(facts: DeploymentFacts, observation: EndpointObservation): Action[] {
  const leaving = facts.leaving.flatMap((instance) => planLeaving(instance, observation));
  if (facts.deleting) return [...leaving, ...planDelete(facts)];
  const failed = planFailure(facts, observation.now);
  if (failed !== null) return [...leaving, failed];
  return [...leaving, ...planRollout(facts), ...planGood(facts)];
}

/** Out of the table, then stopped, then forgotten: each step once the one before shows in the world. */
function planLeaving({ row, actual }: InstanceFacts, observation: EndpointObservation): Action[] {
  const { routes } = observation;
  if (actual === null) return [{ kind: 'forget_instance', instanceId: row.id }];
  const mayTakeRequests = routes.routed.has(row.id) || !routes.settled;
  return mayTakeRequests ? [] : [{ kind: 'stop_instance', instanceId: row.id }];
}

function planDelete(facts: DeploymentFacts): Action[] {
  const staying = [...facts.current, ...facts.outdated];
  if (staying.length > 0) return staying.map(retireOf(facts));
  return facts.leaving.length > 0 ? [] : [{ kind: 'delete_deployment', deployment: facts.deployment }];
}

function planFailure(facts: DeploymentFacts, nowMs: number): Action | null {
  const { deployment, operation } = facts;
  const failure = findFailure(facts, nowMs);
  if (operation === null || failure === null) return null;
  const after = deployment.goodState !== null ? 'revert' : failure.kind === 'never_ready' ? 'keep' : 'remove';
  return { kind: 'fail_rollout', deployment, operationId: operation.id, failure, after };
}

/**
 * Brings the current spec up and the outdated instances out. New ones start a few at a time beside the old; an old one goes when a new one is
 * ready in its place, so there are never fewer ready than there were wanted. An instance that was never any good goes first.
 */
function planRollout(facts: DeploymentFacts): Action[] {
  const starts = facts.current
    .filter(({ actual, refusal }) => actual === null && refusal === null)
    .flatMap((instance) => planStart(facts, instance));
  if (facts.givenUp) return starts;
  const missing = facts.current.length < facts.wantedCount;
  if (missing && !isBuilt(facts.environment))
    return [...starts, ...planBuild(facts, facts.deployment.spec, facts.environment)];
  return [...starts, ...planCreate(facts), ...planScaleDown(facts), ...planReplace(facts)];
}

/** An image or a virtual environment may have been lost since an instance was made for it. */
function planStart(facts: DeploymentFacts, { row, environment }: InstanceFacts): Action[] {
  return isBuilt(environment) ? [ensure(row)] : planBuild(facts, row.spec, environment);
}

function planBuild({ deployment }: DeploymentFacts, spec: DeploymentSpec, { kind }: EnvironmentState): Action[] {
  return kind === 'missing' ? [{ kind: 'prepare_environment', deployment, spec }] : [];
}

function planCreate({ deployment, current, outdated, leaving, wantedCount, strategy }: DeploymentFacts): Action[] {
  const missing = wantedCount - current.length;
  if (strategy === 'in_place') {
    const free = wantedCount - current.length - outdated.length - leaving.length;
    return free > 0 ? [{ kind: 'create_instances', deployment, count: free }] : [];
  }
  const starting = current.filter(({ ready }) => !ready).length;
  const surge = Math.max(1, Math.ceil(wantedCount * SURGE_SHARE));
  const count = outdated.length === 0 ? missing : Math.min(missing, surge - starting);
  return count > 0 ? [{ kind: 'create_instances', deployment, count }] : [];
}

function planScaleDown(facts: DeploymentFacts): Action[] {
  const { current, wantedCount } = facts;
  const excess = current.length - wantedCount;
  return excess > 0 ? leastUsefulFirst(current).slice(0, excess).map(retireOf(facts)) : [];
}

function planReplace(facts: DeploymentFacts): Action[] {
  const { deployment, current, outdated, wantedCount } = facts;
  const readyNew = current.filter(({ ready }) => ready).length;
  const neverGood = outdated.filter(({ row, ready }) => !ready && row.specHash !== deployment.goodState?.specHash);
  const others = outdated.filter((instance) => !neverGood.includes(instance));
  if (facts.strategy === 'in_place') return [...neverGood, ...planSwap(facts, others)].map(retireOf(facts));
  const replaced = Math.max(0, others.length - Math.max(0, wantedCount - readyNew));
  return [...neverGood, ...leastUsefulFirst(others).slice(0, replaced)].map(retireOf(facts));
}

/** One at a time makes room, once the one before it has a ready successor; all that are too many go at once. */
function planSwap({ current, leaving, wantedCount }: DeploymentFacts, old: readonly InstanceFacts[]): InstanceFacts[] {
  const excess = old.length + current.length - wantedCount;
  const settled = leaving.length === 0 && current.every(({ ready }) => ready);
  const next = settled && excess === 0 ? 1 : 0;
  return leastUsefulFirst(old).slice(0, Math.max(0, excess, next));
}

function planGood({ deployment, good, current, wantedCount }: DeploymentFacts): Action[] {
  const complete = current.filter(({ ready }) => ready).length >= wantedCount;
  const news = !good || deployment.routeWhenReady !== null;
  return complete && news ? [{ kind: 'mark_good', deployment }] : [];
}

/** Not ready before ready, then the newest. */
function leastUsefulFirst(instances: readonly InstanceFacts[]): InstanceFacts[] {
  return instances.toSorted((a, b) => Number(a.ready) - Number(b.ready) || b.row.createdAt - a.row.createdAt);
}

const retireOf =
  ({ deployment }: DeploymentFacts) =>
  ({ row }: InstanceFacts): Action => ({ kind: 'retire_instance', instanceId: row.id, deployment });
const ensure = (instance: InstanceRecord): Action => ({ kind: 'ensure_instance', instance });
