import type { Deployment } from '#lib/contracts/deployment.ts';
import { MASKED_VALUE } from '#lib/contracts/external-rules.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { DeploymentRecord, ProbeSettings } from './deployment.ts';
import type { EndpointRecord } from './endpoint.ts';
import type { ExternalSpec } from './external-server.ts';
import { formatModelReference } from './parse-model-reference.ts';

export interface DeploymentSurroundings {
  endpoint: Pick<EndpointRecord, 'traffic' | 'mirrorTraffic'>;
  /** The instance type as its owner spells it. */
  instanceTypeName: string;
  pricePerHourMicros: number;
  /** Of the instances that hold capacity now. */
  runRateMicrosPerHour: number;
  currency: string;
}

/** A deployment as the API answers it: what was written, what it became, and how it does. */
export function presentDeployment(deployment: DeploymentRecord, around: DeploymentSurroundings): Deployment {
  const { spec } = deployment;
  return {
    ...describeWritten(deployment),
    ...(spec.external && { external: presentExternal(spec.external) }),
    name: deployment.name,
    endpoint_name: deployment.endpointName,
    model: spec.model === null ? null : formatModelReference(spec.model),
    environment_variables: spec.environmentVariables,
    instance_type: around.instanceTypeName,
    instance_count: spec.instanceCount,
    request_settings: {
      request_timeout_ms: spec.requestTimeoutMs,
      max_concurrent_requests_per_instance: spec.maxConcurrentRequestsPerInstance,
      max_queue_wait_ms: spec.maxQueueWaitMs,
    },
    liveness_probe: presentProbe(spec.liveness),
    readiness_probe: presentProbe(spec.readiness),
    ...(spec.runtime !== null && { runtime: spec.runtime }),
    runtime_reason: spec.runtimeReason,
    provisioning_state: deployment.provisioningState,
    deployment_kind: spec.kind,
    ready_instances: deployment.readyInstances,
    spec_hash: deployment.specHash,
    error: deployment.error,
    colour_slot: deployment.colourSlot,
    traffic_percent: around.endpoint.traffic[deployment.name] ?? 0,
    mirror_percent: around.endpoint.mirrorTraffic[deployment.name] ?? 0,
    price_per_hour_micros: around.pricePerHourMicros,
    run_rate_micros_per_hour: around.runRateMicrosPerHour,
    currency: around.currency,
    operation_id: deployment.operationId,
    warnings: spec.warnings,
    revision: deployment.revision,
    created_at: formatInstant(deployment.createdAt),
    updated_at: formatInstant(deployment.updatedAt),
  };
}

function describeWritten({ written }: DeploymentRecord) {
  const { type, description, tags, properties, app_insights_enabled, scale_settings, ...rest } = written;
  const { model_mount_path, code_configuration, environment, data_collector, command } = rest;
  const { egress_public_network_access, resources, container } = rest;
  return {
    type: type ?? ('managed' as const),
    description: description ?? '',
    tags: tags ?? {},
    properties: properties ?? {},
    app_insights_enabled: app_insights_enabled ?? false,
    scale_settings: scale_settings ?? { type: 'default' },
    ...(model_mount_path !== undefined && { model_mount_path }),
    ...(code_configuration !== undefined && { code_configuration }),
    ...(environment !== undefined && { environment }),
    ...(data_collector !== undefined && { data_collector }),
    ...(egress_public_network_access !== undefined && { egress_public_network_access }),
    ...(resources !== undefined && { resources }),
    ...(command !== undefined && { command }),
    ...(container !== undefined && { container }),
  };
}

function presentExternal({ urls, healthPath, headers, grpcPort }: ExternalSpec): NonNullable<Deployment['external']> {
  const masked = Object.keys(headers).map((name) => [name, MASKED_VALUE]);
  return {
    urls,
    health_path: healthPath,
    headers: Object.fromEntries(masked),
    ...(grpcPort !== undefined && { grpc_port: grpcPort }),
  };
}

function presentProbe(probe: ProbeSettings): Deployment['liveness_probe'] {
  return {
    initial_delay: probe.initialDelaySeconds,
    period: probe.periodSeconds,
    timeout: probe.timeoutSeconds,
    success_threshold: probe.successThreshold,
    failure_threshold: probe.failureThreshold,
  };
}
