import { parseExternalUrl } from '#lib/contracts/external-rules.ts';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import {
  CONCURRENCY_DEFAULTS,
  EXTERNAL_READINESS_DEFAULTS,
  REQUEST_DEFAULTS,
} from '#lib/contracts/deployment-defaults.ts';
import type { FieldError } from '#lib/contracts/problem.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { DeploymentSpec } from './deployment.ts';
import { EXTERNAL_INSTANCE_TYPE } from './external-server.ts';
import { fillLivenessProbe, fillReadinessProbe } from './fill-probes.ts';

/** Fields that say what to run, and so have no meaning for a server that runs already. */
const OF_PROGRAMS = [
  'model',
  'model_mount_path',
  'code_configuration',
  'environment',
  'environment_variables',
  'command',
  'runtime',
  'resources',
  'data_collector',
] as const satisfies readonly (keyof DeploymentWrite)[];

/** Whether a description asks for servers that run elsewhere. */
export const isExternal = ({ type, external }: DeploymentWrite): boolean =>
  type === 'external' || external !== undefined;

/**
 * The spec of a deployment of external servers; the values of its headers are sealed.
 * @param instanceType key of the type whose price is counted
 * @throws AppError `request.invalid` naming every field that does not fit
 */
export function resolveExternalSpec(written: DeploymentWrite, instanceType: string): DeploymentSpec {
  const { external } = written;
  const errors = listFaults(written);
  if (errors.length > 0 || external === undefined) {
    const detail = errors.map(({ path, message }) => `${path} ${message}.`).join(' ');
    throw new AppError('request.invalid', detail, { errors });
  }
  const settings = written.request_settings ?? {};
  const urls = external.urls.map((url) => parseExternalUrl(url).url);
  const healthPath = external.health_path ?? '/';
  return {
    kind: 'external',
    runtime: null,
    runtimeReason: 'It runs outside of Viridian, which sends it requests and probes it.',
    model: null,
    command: null,
    environmentVariables: {},
    instanceType,
    instanceCount: urls.length,
    cpu: 0,
    memoryMib: 0,
    requestTimeoutMs: settings.request_timeout_ms ?? REQUEST_DEFAULTS.request_timeout_ms,
    maxConcurrentRequestsPerInstance: settings.max_concurrent_requests_per_instance ?? CONCURRENCY_DEFAULTS.external,
    maxQueueWaitMs: settings.max_queue_wait_ms ?? REQUEST_DEFAULTS.max_queue_wait_ms,
    livenessPath: healthPath,
    readinessPath: healthPath,
    liveness: fillLivenessProbe(written.liveness_probe),
    readiness: fillReadinessProbe({ ...EXTERNAL_READINESS_DEFAULTS, ...written.readiness_probe }),
    external: {
      urls,
      healthPath,
      headers: external.headers ?? {},
      ...(external.grpc_port !== undefined && { grpcPort: external.grpc_port }),
    },
    warnings: listWarnings(written, urls),
  };
}

function listFaults(written: DeploymentWrite): FieldError[] {
  const faults: FieldError[] = [];
  if (written.type !== 'external') {
    faults.push({ path: '/type', message: 'must be "external" where "external" is given' });
  }
  if (written.external === undefined) {
    faults.push({
      path: '/external',
      message: 'is needed: name the servers, for example {"urls": ["http://models.example:8000"]}',
    });
  }
  for (const field of OF_PROGRAMS) {
    if (isGiven(written[field])) {
      faults.push({ path: `/${field}`, message: 'must be left out: an external server runs already' });
    }
  }
  if (written.scale_settings?.type === 'target_utilization') {
    faults.push({ path: '/scale_settings/type', message: 'must be "default": Viridian starts no external servers' });
  }
  return faults;
}

/** Answers carry an empty object for what was never given; written back it means the same. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function listWarnings(written: DeploymentWrite, urls: readonly string[]): string[] {
  const warnings: string[] = [];
  if (written.instance_count !== undefined && written.instance_count !== urls.length) {
    warnings.push(`instance_count is not used: each of the ${urls.length} URLs is one instance.`);
  }
  if (written.egress_public_network_access === 'disabled') {
    warnings.push('egress_public_network_access is kept, but Viridian has no hold on what an external server calls.');
  }
  return warnings;
}

/** The instance type of a description: what it names, or the one for servers that nobody priced. */
export const externalInstanceType = ({ instance_type: name }: DeploymentWrite): string =>
  name?.toLowerCase() ?? EXTERNAL_INSTANCE_TYPE;
