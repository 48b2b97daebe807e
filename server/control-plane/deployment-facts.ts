import { chooseUpdateStrategy, type UpdateStrategy } from '#lib/rollout/update-strategy.ts';
import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { isGood } from '#server/domain/untouched-stages.ts';
import type { ObservedInstance } from '#server/drivers/runtime-driver.ts';
import { attemptOf, environmentState, type EnvironmentState } from './environment-state.ts';
import type { EndpointObservation, Refusal } from './observe-endpoint.ts';

/** An instance's row and what the driver has of it. */
export interface InstanceFacts {
  row: InstanceRecord;
  actual: ObservedInstance | null;
  /** Why it could not be started, when it could not. */
  refusal: Refusal | null;
  ready: boolean;
  /** How far the environment is that its spec needs. */
  environment: EnvironmentState;
}

/** One deployment as a plan and a status look at it. */
export interface DeploymentFacts {
  deployment: DeploymentRecord;
  /** Its newest running operation. */
  operation: OperationRecord | null;
  /** Wanted instances of the spec that is wanted now. */
  current: InstanceFacts[];
  /** Wanted instances of another spec: what a rollout replaces. */
  outdated: InstanceFacts[];
  /** Instances on their way out. */
  leaving: InstanceFacts[];
  wantedCount: number;
  /** How far the environment of the wanted spec is. */
  environment: EnvironmentState;
  strategy: UpdateStrategy;
  /** It is to go, by itself or with its endpoint. */
  deleting: boolean;
  /** The spec that is wanted now was ready in full once. */
  good: boolean;
  /** Its creation failed and nothing new was asked for since. */
  givenUp: boolean;
}

export function deploymentFacts(observation: EndpointObservation, deployment: DeploymentRecord): DeploymentFacts {
  const all = observation.instances
    .filter((row) => row.deploymentName === deployment.name)
    .map((row) => {
      const actual = observation.actual.get(row.id) ?? null;
      const refusal = observation.refusals.get(row.id) ?? null;
      const ready = row.desired === 'run' && actual?.state === 'ready';
      const environment = environmentState(row.spec, attemptOf(deployment), observation.builds);
      return { row, actual, refusal, ready, environment };
    });
  const staying = all.filter(({ row }) => row.desired === 'run');
  const operation = observation.operations.findLast((running) => running.deploymentName === deployment.name) ?? null;
  const good = isGood(deployment);
  return {
    deployment,
    operation,
    current: staying.filter(({ row }) => row.specHash === deployment.specHash),
    outdated: staying.filter(({ row }) => row.specHash !== deployment.specHash),
    leaving: all.filter(({ row }) => row.desired === 'remove'),
    wantedCount: deployment.spec.instanceCount,
    environment: environmentState(deployment.spec, attemptOf(deployment), observation.builds),
    strategy: chooseUpdateStrategy(deployment.spec.gpus ?? 0, deployment.spec.instanceCount, observation.gpuCount),
    deleting: deployment.desiredState === 'delete' || observation.endpoint.desiredState === 'delete',
    good,
    givenUp: !good && operation === null && deployment.provisioningState === 'Failed',
  };
}
