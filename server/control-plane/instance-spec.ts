import { join } from 'node:path';
import type { DeploymentSpec } from '#server/domain/deployment.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import type { BuildArtifact, ImageArtifact } from '#server/domain/environment-build.ts';
import type {
  ContainerSpec,
  ExternalTarget,
  InstanceSpec,
  ProbeSpec,
  ReadOnlyMount,
} from '#server/drivers/runtime-driver.ts';
import type { InstallationPaths } from './installation-paths.ts';
import {
  CONTAINER_CODE_DIR,
  CONTAINER_SERVER_DIR,
  containerModelDir,
  serverSettings,
  usesOnnxServer,
} from './server-settings.ts';

/** Time between the polite signal and the kill. A request that takes longer than this to end is cut off. */
const STOP_GRACE_SECONDS = 30;

/** Where our Python server listens in a container. */
const SERVING_PORT = 5001;
/** Of an image that says nothing. */
const USUAL_PORT = 8080;

/** What our Python server calls each kind. */
const SERVED_KINDS: Partial<Record<DeploymentSpec['kind'], string>> = {
  scoring_script: 'scoring',
  mlflow: 'mlflow',
  onnx: 'onnx',
};

/**
 * What the driver is asked for, from the spec that the instance was made with. Null for kinds that no driver here can run.
 * @param artifact what the environment of the spec was built into; null where it has none
 */
export function compileInstanceSpec(
  instance: InstanceRecord,
  paths: InstallationPaths,
  artifact: BuildArtifact | null,
): InstanceSpec | null {
  const { spec } = instance;
  const external = targetOf(spec);
  const command = external === undefined ? commandOf(spec, paths, artifact) : [];
  if (command === null) return null;
  const container = artifact?.kind === 'image' ? containerOf(spec, paths, artifact) : undefined;
  const modelDir = modelDirOf(spec, paths);
  const seenAt = container === undefined || modelDir === null ? modelDir : containerModelDir(spec);
  return {
    instanceId: instance.id,
    endpoint: instance.endpointName,
    deployment: instance.deploymentName,
    specHash: instance.specHash,
    ...(external && { external }),
    ...(container && { container }),
    ...(spec.triton?.server === 'tritonserver' && { hasGrpcPort: true }),
    command: command.map((argument) => fillModelDir(argument, seenAt)),
    environment: { ...serverSettings(spec, paths, artifact), ...variablesOf(spec, seenAt) },
    modelDir: container === undefined ? modelDir : null,
    cpu: spec.cpu,
    memoryMib: spec.memoryMib,
    liveness: probeOf(spec.livenessPath, spec.liveness, spec.container?.livenessPort),
    readiness: probeOf(spec.readinessPath, spec.readiness, spec.container?.readinessPort),
    stopGraceSeconds: STOP_GRACE_SECONDS,
  };
}

/**
 * Programs that are told by an argument or a variable of their own where the model lies, and read no AZUREML_MODEL_DIR, name it as Kubernetes does.
 * Nothing else is replaced: what a shell would put in place is for the shell.
 * @param modelDir where the instance finds its model; null without one
 */
export const fillModelDir = (text: string, modelDir: string | null): string =>
  modelDir === null ? text : text.replaceAll('$(AZUREML_MODEL_DIR)', () => modelDir);

const variablesOf = ({ environmentVariables }: DeploymentSpec, modelDir: string | null): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environmentVariables).map(([name, value]) => [name, fillModelDir(value, modelDir)]),
  );

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

function commandOf(
  spec: DeploymentSpec,
  paths: InstallationPaths,
  artifact: BuildArtifact | null,
): readonly string[] | null {
  if (spec.command !== null) return spec.command;
  if (spec.kind === 'container') return [];
  const kind = SERVED_KINDS[spec.kind];
  const python = artifact?.python ?? null;
  if (kind !== undefined && python !== null) return [python, '-m', 'viridian_serving', '--kind', kind];
  if (spec.runtime !== 'process') return null;
  if (spec.triton?.server === 'tritonserver') return paths.tritonServer ?? null;
  return usesOnnxServer(spec) ? paths.onnxServer : null;
}

function containerOf(spec: DeploymentSpec, paths: InstallationPaths, image: ImageArtifact): ContainerSpec {
  const { environment, container } = spec;
  if (environment === undefined || container === undefined) throw new Error('A container has an environment.');
  const usual = environment.servesPython ? SERVING_PORT : (image.exposedPorts[0] ?? USUAL_PORT);
  return {
    imageId: image.imageId,
    imageName:
      image.digest ?? environment.definition.image ?? `${environment.name ?? 'environment'}:${environment.key}`,
    port: container.port ?? usual,
    ...(container.grpcPort !== undefined && { grpcPort: container.grpcPort }),
    mounts: listMounts(spec, paths),
    readOnlyRoot: container.readOnlyRoot,
    user: container.user,
    gpus: spec.gpus ?? 0,
    egress: container.egress,
  };
}

function listMounts(spec: DeploymentSpec, paths: InstallationPaths): ReadOnlyMount[] {
  const model = modelDirOf(spec, paths);
  const { code } = spec;
  return [
    ...(model === null ? [] : [{ source: model, target: containerModelDir(spec) }]),
    ...(code === undefined ? [] : [{ source: join(paths.filesDir, code.files), target: CONTAINER_CODE_DIR }]),
    ...(spec.environment?.servesPython ? [{ source: paths.pythonServerDir, target: CONTAINER_SERVER_DIR }] : []),
  ];
}

function probeOf(path: string, settings: DeploymentSpec['liveness'], port: number | null = null): ProbeSpec {
  return { path, ...settings, ...(port !== null && { port }) };
}
