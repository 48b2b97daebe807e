import type { Endpoint, EndpointLimits as WrittenLimits, EndpointWrite, TrafficMap } from '#lib/contracts/endpoint.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { DeploymentRecord } from './deployment.ts';
import { deriveEndpointState } from './derive-endpoint-state.ts';
import type { EndpointLimits, EndpointRecord, EndpointSettings, RequestLimits } from './endpoint.ts';

export interface EndpointSurroundings {
  deployments: readonly DeploymentRecord[];
  /** Public base of the gateway, without a slash at the end. */
  gatewayUrl: string;
  runRateMicrosPerHour: number;
  currency: string;
}

/** An endpoint as the API answers it. */
export function presentEndpoint(endpoint: EndpointRecord, around: EndpointSurroundings): Endpoint {
  const { deployments, gatewayUrl } = around;
  const { state, reason } = deriveEndpointState(endpoint, deployments);
  const base = `${gatewayUrl}/${endpoint.name}`;
  return {
    ...describeSettings(endpoint),
    name: endpoint.name,
    traffic: withZeros(endpoint.traffic, deployments),
    mirror_traffic: endpoint.mirrorTraffic,
    kind: 'Managed',
    provisioning_state: endpoint.desiredState === 'delete' ? 'Deleting' : 'Succeeded',
    scoring_uri: `${base}/score`,
    openapi_uri: `${base}/swagger.json`,
    state,
    state_reason: reason,
    deployments: deployments.map(summarise),
    run_rate_micros_per_hour: around.runRateMicrosPerHour,
    currency: around.currency,
    revision: endpoint.revision,
    created_at: formatInstant(endpoint.createdAt),
    updated_at: formatInstant(endpoint.updatedAt),
  };
}

/** Every deployment appears in a split, with 0 where it takes nothing, so that no deployment is overlooked. */
export function withZeros(traffic: TrafficMap, deployments: readonly Pick<DeploymentRecord, 'name'>[]): TrafficMap {
  return { ...Object.fromEntries(deployments.map(({ name }) => [name, 0])), ...traffic };
}

function summarise(deployment: DeploymentRecord): Endpoint['deployments'][number] {
  return {
    name: deployment.name,
    colour_slot: deployment.colourSlot,
    provisioning_state: deployment.provisioningState,
    ready_instances: deployment.readyInstances,
    instance_count: deployment.spec.instanceCount,
  };
}

function describeSettings(endpoint: EndpointSettings) {
  return {
    description: endpoint.description,
    tags: endpoint.tags,
    properties: endpoint.properties,
    auth_mode: endpoint.authMode,
    public_network_access: endpoint.publicNetworkAccess,
    allowed_networks: endpoint.allowedNetworks,
    ...(endpoint.identity !== null && { identity: endpoint.identity }),
    ...(endpoint.compute !== null && { compute: endpoint.compute }),
    sticky_header: endpoint.stickyHeader,
    limits: presentLimits(endpoint.limits),
    idempotent_predictions: endpoint.idempotentPredictions,
    map_model_errors: endpoint.mapModelErrors,
    allow_websocket: endpoint.allowWebsocket,
    cors_origins: endpoint.corsOrigins,
    mirror_comparison: presentComparison(endpoint.mirrorComparison),
  };
}

function presentComparison(comparison: EndpointSettings['mirrorComparison']): Endpoint['mirror_comparison'] {
  if (comparison === null) return null;
  return { sample_percent: comparison.samplePercent, relative_tolerance: comparison.relativeTolerance };
}

function parseComparison(written: Endpoint['mirror_comparison']): EndpointSettings['mirrorComparison'] {
  if (written === null) return null;
  return { samplePercent: written.sample_percent, relativeTolerance: written.relative_tolerance };
}

function presentLimits(limits: EndpointLimits | null): Endpoint['limits'] {
  if (limits === null) return null;
  return { ...presentLimit(limits), ...(limits.perKey && { per_key: presentLimit(limits.perKey) }) };
}

function presentLimit(limits: RequestLimits) {
  return {
    ...(limits.requestsPerSecond !== null && { requests_per_second: limits.requestsPerSecond }),
    ...(limits.burst !== undefined && { burst: limits.burst }),
    ...(limits.concurrency !== null && { concurrency: limits.concurrency }),
    ...(limits.maxBodyBytes !== null && { max_body_bytes: limits.maxBodyBytes }),
  };
}

/** The settings that a write asks for: what it leaves out goes back to its default. */
export function parseEndpointSettings(written: EndpointWrite): EndpointSettings {
  return {
    description: written.description ?? '',
    tags: written.tags ?? {},
    properties: written.properties ?? {},
    authMode: written.auth_mode ?? 'key',
    publicNetworkAccess: written.public_network_access ?? 'enabled',
    allowedNetworks: written.allowed_networks ?? [],
    identity: written.identity ?? null,
    compute: written.compute ?? null,
    stickyHeader: written.sticky_header ?? null,
    limits: written.limits ? parseLimits(written.limits) : null,
    idempotentPredictions: written.idempotent_predictions ?? false,
    mapModelErrors: written.map_model_errors ?? false,
    allowWebsocket: written.allow_websocket ?? false,
    corsOrigins: written.cors_origins ?? [],
    mirrorComparison: parseComparison(written.mirror_comparison ?? null),
  };
}

function parseLimits({ per_key: perKey, ...limits }: WrittenLimits): EndpointLimits {
  return { ...parseLimit(limits), ...(perKey && { perKey: parseLimit(perKey) }) };
}

function parseLimit(limits: Omit<WrittenLimits, 'per_key'>): RequestLimits {
  return {
    requestsPerSecond: limits.requests_per_second ?? null,
    ...(limits.burst !== undefined && { burst: limits.burst }),
    concurrency: limits.concurrency ?? null,
    maxBodyBytes: limits.max_body_bytes ?? null,
  };
}

/** An endpoint as somebody could have written it: the base of a merge patch. */
export function describeWrittenEndpoint(endpoint: EndpointRecord): EndpointWrite {
  return { ...describeSettings(endpoint), traffic: endpoint.traffic, mirror_traffic: endpoint.mirrorTraffic };
}
