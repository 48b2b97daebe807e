import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import { CONCURRENCY_DEFAULTS, REQUEST_DEFAULTS } from '#lib/contracts/deployment-defaults.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { refuseMissing } from './choose-build-runtime.ts';
import { decideDeploymentKind, type RunnableKind } from './decide-deployment-kind.ts';
import type { DeploymentSpec } from './deployment.ts';
import { fillLivenessProbe, fillReadinessProbe } from './fill-probes.ts';
import { type Program, type ProgramFindings, resolveProgram } from './resolve-program.ts';

/** What was looked up before a spec can be resolved. */
export interface DeploymentFindings extends Omit<ProgramFindings, 'detected'> {
  model: { name: string; version: string; detected: DetectedModel } | null;
  instanceType: { key: string; cpu: number; memoryMib: number; gpus: number; fitReason: string };
}

/**
 * Fills in everything that a description leaves open.
 * @throws AppError with the path of the field that cannot be carried out
 */
export function resolveDeploymentSpec(written: DeploymentWrite, findings: DeploymentFindings): DeploymentSpec {
  const { model, instanceType } = findings;
  if (written.runtime === 'docker') refuseMissing('docker', findings.runtimes, 'docker');
  const detected = model?.detected ?? null;
  const environment = findings.environment?.definition ?? null;
  const kind = decideDeploymentKind(written, { model: detected, environment });
  refuseUnsupportedSettings(written);
  const program = resolveProgram(kind, written, { ...findings, detected });
  if (program.runtime === 'docker') refuseTooManyContainers(written);
  const settings = written.request_settings ?? {};
  return {
    kind,
    ...program,
    model: model === null ? null : { name: model.name, version: model.version, entry: model.detected.entry },
    environmentVariables: written.environment_variables ?? {},
    instanceType: instanceType.key,
    instanceCount: written.instance_count ?? 1,
    cpu: instanceType.cpu,
    memoryMib: instanceType.memoryMib,
    ...(instanceType.gpus > 0 && { gpus: instanceType.gpus }),
    requestTimeoutMs: settings.request_timeout_ms ?? REQUEST_DEFAULTS.request_timeout_ms,
    maxConcurrentRequestsPerInstance: settings.max_concurrent_requests_per_instance ?? CONCURRENCY_DEFAULTS[kind],
    maxQueueWaitMs: settings.max_queue_wait_ms ?? REQUEST_DEFAULTS.max_queue_wait_ms,
    liveness: fillLivenessProbe(written.liveness_probe),
    readiness: fillReadinessProbe(written.readiness_probe),
    warnings: listWarnings(written, findings, program, kind),
  };
}

/** Containers of a deployment share a network of 125 addresses, and an update starts a fifth more beside them. */
const MOST_CONTAINERS = 100;

function refuseTooManyContainers({ instance_count: count }: DeploymentWrite): void {
  if (count === undefined || count <= MOST_CONTAINERS) return;
  refuse(
    '/instance_count',
    `A deployment has at most ${MOST_CONTAINERS} containers on a host. Ask for fewer, or share the traffic among several deployments.`,
  );
}

/** What an instance is told by us; another value would only make it listen or look where nobody does. */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set(['PORT', 'AZUREML_MODEL_DIR']);

function refuseUnsupportedSettings(written: DeploymentWrite): void {
  if (written.scale_settings?.type === 'target_utilization') {
    refuse('/scale_settings/type', 'Automatic scaling is not built yet. Use "default" and set instance_count.');
  }
  for (const [name, value] of Object.entries(written.environment_variables ?? {})) {
    const path = `/environment_variables/${name}`;
    if (value.startsWith('${{')) refuse(path, 'References to secrets are not built yet. Give the value itself.');
    if (RESERVED_VARIABLES.has(name)) refuse(path, `${name} is given to each instance by Viridian. Leave it out.`);
  }
}

function refuse(path: string, message: string): never {
  throw new AppError('request.invalid', message, { errors: [{ path, message }] });
}

function listWarnings(
  written: DeploymentWrite,
  { model, instanceType, environment }: DeploymentFindings,
  { runtime }: Program,
  kind: RunnableKind,
): string[] {
  const warnings = [...(model?.detected.warnings ?? [])];
  if (instanceType.fitReason !== '') warnings.push(instanceType.fitReason);
  if (written.data_collector !== undefined) warnings.push('data_collector is kept, but nothing is collected yet.');
  if (runtime === 'process') warnings.push(...processWarnings(written, environment));
  if (runtime === 'docker' && written.container?.read_only_root === false) {
    warnings.push('The root file system of the container can be written.');
  }
  if ((kind === 'onnx' || kind === 'triton') && environment !== null) {
    const what = kind === 'onnx' ? 'an ONNX model' : 'a Triton repository';
    warnings.push(`The environment is kept, but not used: ${what} is served by a server of this host.`);
  }
  return warnings;
}

/** What a process of this host cannot be given. */
function processWarnings(written: DeploymentWrite, environment: DeploymentFindings['environment']): string[] {
  const warnings: string[] = [];
  if (written.model_mount_path !== undefined) {
    warnings.push('model_mount_path applies to containers. A process finds its model in AZUREML_MODEL_DIR.');
  }
  if (written.egress_public_network_access === 'disabled') {
    warnings.push('egress_public_network_access is kept, but a process of this host is not cut off from the network.');
  }
  if (environment?.definition.image) {
    warnings.push(
      `The image ${environment.definition.image} is left out: packages are installed on the Python of this host.`,
    );
  }
  return warnings;
}
