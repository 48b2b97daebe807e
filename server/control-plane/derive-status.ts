import { isDeepStrictEqual } from 'node:util';
import type { DeploymentRecord, DeploymentStatus, ProvisioningState } from '#server/domain/deployment.ts';
import type { InstanceObservation } from '#server/domain/instance.ts';
import { deploymentFacts, type DeploymentFacts } from './deployment-facts.ts';
import { deriveOperation, type DerivedOperation } from './derive-operation.ts';
import { describeInstance, type EndpointObservation } from './observe-endpoint.ts';

/** Everything observed that differs from what is stored; written in one transaction. */
export interface DerivedStatus {
  instances: { id: string; observation: InstanceObservation }[];
  deployments: { observed: DeploymentRecord; status: DeploymentStatus }[];
  operations: DerivedOperation[];
}

export function deriveStatus(observation: EndpointObservation): DerivedStatus {
  const operations = observation.operations.map((operation) => deriveOperation(operation, observation));
  const succeeded = new Set(operations.filter((operation) => operation.succeeded).map(({ id }) => id));
  return {
    instances: deriveInstances(observation),
    deployments: deriveDeployments(observation, succeeded),
    operations: operations.filter((operation) => operation.updates.length > 0 || operation.succeeded),
  };
}

export function isEmptyStatus(status: DerivedStatus): boolean {
  return status.instances.length + status.deployments.length + status.operations.length === 0;
}

/** Instances of which the driver says something new; one that it does not have is one that has not been started. */
export function deriveInstances(observation: EndpointObservation): DerivedStatus['instances'] {
  return observation.instances.flatMap((row) => {
    const now = describeInstance(row, observation.actual.get(row.id));
    const stored = Object.fromEntries(Object.keys(now).map((name) => [name, row[name as keyof InstanceObservation]]));
    return isDeepStrictEqual(comparable(now), comparable(stored as unknown as InstanceObservation))
      ? []
      : [{ id: row.id, observation: now }];
  });
}

/** Probes go on all the time; only another result is news. */
function comparable({ probe, ...rest }: InstanceObservation): unknown {
  return { ...rest, probe: probe?.lastResult ?? null };
}

function deriveDeployments(
  observation: EndpointObservation,
  succeeded: ReadonlySet<string>,
): DerivedStatus['deployments'] {
  return observation.deployments.flatMap((deployment) => {
    const facts = deploymentFacts(observation, deployment);
    const status = deriveDeployment(facts, succeeded.has(facts.operation?.id ?? ''));
    const { provisioningState, readyInstances, error } = deployment;
    if (isDeepStrictEqual(status, { provisioningState, readyInstances, error })) return [];
    return [{ observed: deployment, status }];
  });
}

/**
 * The provisioning state is the outcome of the last operation, as in the original; what the deployment serves now is told by its ready
 * instances. While an operation runs the state says which; how it ended stays until the next.
 */
function deriveDeployment(facts: DeploymentFacts, succeeded: boolean): DeploymentStatus {
  const { deployment, current, outdated } = facts;
  const readyInstances = [...current, ...outdated].filter(({ ready }) => ready).length;
  const provisioningState = succeeded && !facts.deleting ? 'Succeeded' : deriveState(facts);
  const keepsError = provisioningState === 'Failed' || provisioningState === 'Canceled';
  return { provisioningState, readyInstances, error: keepsError ? deployment.error : null };
}

function deriveRolloutState({ goodState, specHash, spec }: DeploymentRecord): ProvisioningState {
  if (goodState === null) return 'Creating';
  const onlyCount = goodState.specHash === specHash && goodState.spec.instanceCount !== spec.instanceCount;
  return onlyCount ? 'Scaling' : 'Updating';
}

const OUTCOMES: ReadonlySet<ProvisioningState> = new Set(['Succeeded', 'Failed', 'Canceled']);

function deriveState({ deployment, operation, deleting, good }: DeploymentFacts): ProvisioningState {
  if (deleting) return 'Deleting';
  if (operation !== null) return deriveRolloutState(deployment);
  if (OUTCOMES.has(deployment.provisioningState)) return deployment.provisioningState;
  return good ? 'Succeeded' : 'Failed';
}
