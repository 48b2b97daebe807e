import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import { CONCURRENCY_DEFAULTS, REQUEST_DEFAULTS } from '#lib/contracts/deployment-defaults.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { decideDeploymentKind } from './decide-deployment-kind.ts';
import type { DeploymentSpec } from './deployment.ts';
import { fillLivenessProbe, fillReadinessProbe } from './fill-probes.ts';

/** What was looked up before a spec can be resolved. */
export interface DeploymentFindings {
  model: { name: string; version: string; detected: DetectedModel } | null;
  instanceType: { key: string; cpu: number; memoryMib: number; fitReason: string };
}

const ONNX_ROUTES = { livenessPath: '/health/live', readinessPath: '/health/ready' };

/**
 * Fills in everything that a description leaves open.
 * @throws AppError with the path of the field that cannot be carried out
 */
export function resolveDeploymentSpec(written: DeploymentWrite, findings: DeploymentFindings): DeploymentSpec {
  const { model, instanceType } = findings;
  const kind = decideDeploymentKind(written, model?.detected ?? null);
  refuseUnsupportedSettings(written);
  const settings = written.request_settings ?? {};
  return {
    kind,
    runtime: 'process',
    runtimeReason: runtimeReason(written),
    model: model === null ? null : { name: model.name, version: model.version, entry: model.detected.entry },
    command: written.command ?? null,
    environmentVariables: written.environment_variables ?? {},
    instanceType: instanceType.key,
    instanceCount: written.instance_count ?? 1,
    cpu: instanceType.cpu,
    memoryMib: instanceType.memoryMib,
    requestTimeoutMs: settings.request_timeout_ms ?? REQUEST_DEFAULTS.request_timeout_ms,
    maxConcurrentRequestsPerInstance: settings.max_concurrent_requests_per_instance ?? CONCURRENCY_DEFAULTS[kind],
    maxQueueWaitMs: settings.max_queue_wait_ms ?? REQUEST_DEFAULTS.max_queue_wait_ms,
    ...(kind === 'onnx' ? ONNX_ROUTES : commandRoutes(written)),
    liveness: fillLivenessProbe(written.liveness_probe),
    readiness: fillReadinessProbe(written.readiness_probe),
    warnings: listWarnings(written, findings),
  };
}

function runtimeReason({ runtime }: DeploymentWrite): string {
  return runtime === undefined ? 'Chosen because it needs nothing but this host.' : 'Chosen by the deployment.';
}

function refuseUnsupportedSettings(written: DeploymentWrite): void {
  if (written.scale_settings?.type === 'target_utilization') {
    refuse('/scale_settings/type', 'Automatic scaling is not built yet. Use "default" and set instance_count.');
  }
  for (const [name, value] of Object.entries(written.environment_variables ?? {})) {
    const path = `/environment_variables/${name}`;
    if (value.startsWith('${{')) refuse(path, 'References to secrets are not built yet. Give the value itself.');
    if (name === 'PORT') refuse(path, 'PORT is given to each instance by Viridian.');
  }
}

function refuse(path: string, message: string): never {
  throw new AppError('request.invalid', message, { errors: [{ path, message }] });
}

/** Probe paths from `inference_config`, as containers name them; a program without it is asked at `/`. */
function commandRoutes({ environment }: DeploymentWrite): Pick<DeploymentSpec, 'livenessPath' | 'readinessPath'> {
  const config = typeof environment === 'object' ? environment['inference_config'] : undefined;
  const readinessPath = routePath(config, 'readiness_route') ?? '/';
  return { livenessPath: routePath(config, 'liveness_route') ?? readinessPath, readinessPath };
}

function routePath(config: unknown, route: string): string | undefined {
  const path = ((config as Record<string, { path?: unknown }> | undefined)?.[route] ?? {}).path;
  if (path === undefined) return undefined;
  if (typeof path === 'string' && path.startsWith('/')) return path;
  return refuse(`/environment/inference_config/${route}/path`, 'must be a path that starts with "/"');
}

function listWarnings(written: DeploymentWrite, { model, instanceType }: DeploymentFindings): string[] {
  const warnings = [...(model?.detected.warnings ?? [])];
  if (instanceType.fitReason !== '') warnings.push(instanceType.fitReason);
  if (written.data_collector !== undefined) warnings.push('data_collector is kept, but nothing is collected yet.');
  if (written.model_mount_path !== undefined) {
    warnings.push('model_mount_path applies to containers. A process finds its model in AZUREML_MODEL_DIR.');
  }
  if (written.egress_public_network_access === 'disabled') {
    warnings.push('egress_public_network_access is kept, but a process of this host is not cut off from the network.');
  }
  return warnings;
}
