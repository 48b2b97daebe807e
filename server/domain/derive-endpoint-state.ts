import type { ENDPOINT_STATES } from '#lib/contracts/endpoint.ts';
import type { DeploymentRecord, ProvisioningState } from './deployment.ts';
import type { EndpointRecord } from './endpoint.ts';

export interface EndpointStateWord {
  state: (typeof ENDPOINT_STATES)[number];
  /** Why, in a sentence. */
  reason: string;
}

const IN_PROGRESS: ReadonlySet<ProvisioningState> = new Set(['Creating', 'Updating', 'Scaling', 'Deleting']);

type Serving = Pick<DeploymentRecord, 'name' | 'provisioningState' | 'readyInstances'> & {
  spec: Pick<DeploymentRecord['spec'], 'instanceCount'>;
};

/** What an endpoint serves now, judged by the deployments that take its traffic: a failed deploy beside a healthy one is not its state. */
export function deriveEndpointState(
  endpoint: Pick<EndpointRecord, 'traffic' | 'desiredState'>,
  deployments: readonly Serving[],
): EndpointStateWord {
  if (endpoint.desiredState === 'delete') return { state: 'deleting', reason: 'It is being deleted.' };
  if (deployments.length === 0) return { state: 'empty', reason: 'It has no deployment yet.' };
  const serving = deployments.filter(({ name }) => (endpoint.traffic[name] ?? 0) > 0);
  return serving.length === 0 ? withoutTraffic(deployments) : withTraffic(serving);
}

function withoutTraffic(deployments: readonly Serving[]): EndpointStateWord {
  const moving = deployments.find(({ provisioningState }) => IN_PROGRESS.has(provisioningState));
  if (moving !== undefined) return { state: 'updating', reason: `Deployment ${moving.name} is being changed.` };
  if (deployments.every(({ provisioningState }) => provisioningState === 'Failed')) {
    return { state: 'failed', reason: 'Every deployment failed.' };
  }
  return { state: 'no_traffic', reason: 'No deployment takes traffic, so callers get 404.' };
}

function withTraffic(serving: readonly Serving[]): EndpointStateWord {
  const down = serving.filter(({ readyInstances }) => readyInstances === 0);
  if (down.length === serving.length) {
    if (serving.some(({ provisioningState }) => IN_PROGRESS.has(provisioningState))) {
      return { state: 'updating', reason: `No instance is ready yet: ${listNames(down)} is being changed.` };
    }
    return { state: 'failed', reason: `No instance of ${listNames(down)} is ready.` };
  }
  if (down.length > 0) return { state: 'degraded', reason: `No instance of ${listNames(down)} is ready.` };
  const short = serving.find(({ readyInstances, spec }) => readyInstances < spec.instanceCount);
  if (short !== undefined) {
    const counts = `${short.readyInstances} of ${short.spec.instanceCount} instances`;
    return { state: 'degraded', reason: `${counts} of ${short.name} are ready.` };
  }
  return { state: 'healthy', reason: 'Every deployment that takes traffic is ready.' };
}

const listNames = (deployments: readonly Serving[]): string => deployments.map(({ name }) => name).join(', ');
