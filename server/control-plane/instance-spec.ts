import { join } from 'node:path';
import type { DeploymentSpec } from '#server/domain/deployment.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import type { ExternalTarget, InstanceSpec, ProbeSpec } from '#server/drivers/runtime-driver.ts';

/** Programs and folders of this installation that instances are made of. */
export interface InstallationPaths {
  /** Folder of the models: `<models>/<name>/<version>`. */
  modelsDir: string;
  /** Program and arguments that serve the ONNX model in AZUREML_MODEL_DIR. */
  onnxServer: readonly string[];
  /** Where our own model servers keep compiled code, so that they start sooner. */
  compileCache?: string;
}

/** Time between the polite signal and the kill. A request that takes longer than this to end is cut off. */
const STOP_GRACE_SECONDS = 30;

/** What the driver is asked for, from the spec that the instance was made with. Null for kinds that no driver here can run. */
export function compileInstanceSpec(instance: InstanceRecord, paths: InstallationPaths): InstanceSpec | null {
  const { spec } = instance;
  const external = targetOf(spec);
  const command = external === undefined ? commandOf(spec, paths) : [];
  if (command === null) return null;
  return {
    instanceId: instance.id,
    endpoint: instance.endpointName,
    deployment: instance.deploymentName,
    specHash: instance.specHash,
    ...(external && { external }),
    command,
    environment: { ...serverSettings(spec, paths), ...spec.environmentVariables },
    modelDir: modelDirOf(spec, paths),
    cpu: spec.cpu,
    memoryMib: spec.memoryMib,
    liveness: probeOf(spec.livenessPath, spec.liveness),
    readiness: probeOf(spec.readinessPath, spec.readiness),
    stopGraceSeconds: STOP_GRACE_SECONDS,
  };
}

/** An external server is one URL of its deployment. */
function targetOf({ external }: DeploymentSpec): ExternalTarget | undefined {
  const url = external?.urls[0];
  return url === undefined ? undefined : { url, headers: external?.headers ?? {} };
}

/**
 * The specs of new instances. Each external server is one instance, so a new one gets a URL that none of the instances beside it has; programs are all
 * alike.
 * @param beside wanted instances of the same spec
 */
export function specsOfNewInstances(
  spec: DeploymentSpec,
  beside: readonly Pick<InstanceRecord, 'spec'>[],
  count: number,
): DeploymentSpec[] {
  const { external } = spec;
  if (external === undefined) return Array.from({ length: count }, () => spec);
  const taken = new Set(beside.flatMap((one) => one.spec.external?.urls ?? []));
  const free = external.urls.filter((url) => !taken.has(url)).slice(0, count);
  return free.map((url) => ({ ...spec, external: { ...external, urls: [url] } }));
}

/** Folder of the deployment's model; null without one. */
export function modelDirOf(spec: DeploymentSpec, paths: Pick<InstallationPaths, 'modelsDir'>): string | null {
  return spec.model === null ? null : join(paths.modelsDir, spec.model.name, spec.model.version);
}

function commandOf(spec: DeploymentSpec, paths: InstallationPaths): readonly string[] | null {
  if (spec.runtime !== 'process') return null;
  if (spec.command !== null) return spec.command;
  return spec.kind === 'onnx' ? paths.onnxServer : null;
}

/** Settings of our own model servers; what the deployment declares wins. */
function serverSettings(spec: DeploymentSpec, { compileCache }: InstallationPaths): Record<string, string> {
  if (spec.kind !== 'onnx' || spec.model === null) return {};
  return {
    VIRIDIAN_ONNX_THREADS: String(Math.max(1, Math.floor(spec.cpu))),
    VIRIDIAN_ONNX_MODEL_NAME: spec.model.name,
    VIRIDIAN_ONNX_MODEL_VERSION: spec.model.version,
    ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }),
  };
}

function probeOf(path: string, settings: DeploymentSpec['liveness']): ProbeSpec {
  return { path, ...settings };
}
