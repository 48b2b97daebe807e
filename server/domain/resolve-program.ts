import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { InferenceConfig } from '#lib/contracts/environment.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { choosePythonRuntime, type HostRuntimes, refuseMissing, type RuntimeChoice } from './choose-build-runtime.ts';
import { chooseTritonServer } from './choose-triton-server.ts';
import type { RunnableKind } from './decide-deployment-kind.ts';
import type { ContainerSettings, DeploymentSpec } from './deployment.ts';
import {
  buildKey,
  type DeploymentEnvironment,
  EMPTY_DEFINITION,
  type EnvironmentVersionRecord,
  FIRST_BUILD,
  type StoredDefinition,
} from './environment.ts';

export interface ProgramFindings {
  detected: DetectedModel | null;
  environment: Pick<EnvironmentVersionRecord, 'name' | 'version' | 'buildNumber' | 'definition'> | null;
  /** Hash of the stored files of `code_configuration`. */
  codeFiles: string | null;
  runtimes: HostRuntimes;
}

/** The part of a spec that says what runs and in what. */
export type Program = Pick<
  DeploymentSpec,
  | 'runtime'
  | 'runtimeReason'
  | 'command'
  | 'livenessPath'
  | 'readinessPath'
  | 'environment'
  | 'code'
  | 'container'
  | 'triton'
>;

/** Of our own model servers. */
const OWN_ROUTES = { livenessPath: '/health/live', readinessPath: '/health/ready' };

/** Of Triton itself. */
const TRITON_ROUTES = { livenessPath: '/v2/health/live', readinessPath: '/v2/health/ready' };

const NO_TRITON = { available: false, reason: 'This host has no tritonserver.' };

const DEFAULT_MOUNT_PATH = '/var/azureml-app/azureml-models';

/** Our server runs as somebody without rights in the images that we make; what others make says itself who runs. */
const SERVING_USER = '10001:10001';

/** Served without Python by the server that this installation has; in a container there is only what an image has. */
export const ONNX_REQUIREMENTS = ['onnxruntime==1.32.0', 'numpy==2.4.6'].join('\n');

/**
 * @throws AppError `deployment.runtime_unavailable` naming what is missing on this host, or `deployment.kind_not_supported` naming what none of its
 * servers can serve
 */
export function resolveProgram(kind: RunnableKind, written: DeploymentWrite, findings: ProgramFindings): Program {
  switch (kind) {
    case 'command':
      return resolveCommand(written);
    case 'container':
      return resolveContainer(written, findings);
    case 'onnx':
      return written.runtime === 'docker'
        ? resolvePython(written, findings, { ...EMPTY_DEFINITION, pipRequirements: ONNX_REQUIREMENTS })
        : { runtime: 'process', runtimeReason: processReason(written), command: null, ...OWN_ROUTES };
    case 'triton':
      return resolveTriton(written, findings);
    case 'mlflow':
      return resolvePython(written, findings, definitionOfModel(findings.detected));
    case 'scoring_script':
      return resolvePython(written, findings, EMPTY_DEFINITION);
  }
}

function processReason({ runtime }: DeploymentWrite): string {
  return runtime === undefined ? 'Chosen because it needs nothing but this host.' : 'Chosen by the deployment.';
}

function resolveTriton(written: DeploymentWrite, { detected, runtimes }: ProgramFindings): Program {
  const facts = detected?.triton;
  if (facts == null) throw new Error('A Triton repository was read before.');
  if (written.runtime === 'docker') {
    const detail =
      'A Triton repository runs in a container that has Triton: give an "environment" with its image and routes, and model_mount_path "/models". Without "runtime" it runs as a process of this host.';
    throw new AppError('deployment.kind_not_supported', detail, { errors: [{ path: '/runtime', message: detail }] });
  }
  const { server, reason } = chooseTritonServer(facts, runtimes.triton ?? NO_TRITON);
  if (server === null) {
    throw new AppError('deployment.kind_not_supported', reason, { errors: [{ path: '/model', message: reason }] });
  }
  return {
    runtime: 'process',
    runtimeReason: reason,
    command: null,
    ...(server === 'onnx' ? OWN_ROUTES : TRITON_ROUTES),
    triton: { server, repository: facts.repository },
  };
}

function resolveCommand(written: DeploymentWrite): Program {
  const routes = typeof written.environment === 'object' ? written.environment.inference_config : undefined;
  return {
    runtime: 'process',
    runtimeReason: processReason(written),
    command: written.command ?? null,
    ...probePaths(routes),
  };
}

/** Where somebody's own server answers; one that says nothing is asked at `/`. */
function probePaths(routes: InferenceConfig | null | undefined): Pick<Program, 'livenessPath' | 'readinessPath'> {
  const readinessPath = routes?.readiness_route?.path ?? routes?.liveness_route?.path ?? '/';
  return { livenessPath: routes?.liveness_route?.path ?? readinessPath, readinessPath };
}

function resolveContainer(written: DeploymentWrite, { environment, runtimes }: ProgramFindings): Program {
  if (environment === null) throw new Error('A container has an environment.');
  if (written.runtime === 'process') {
    const detail = 'A container cannot run as a process of this host. Leave "runtime" out.';
    throw new AppError('deployment.runtime_unavailable', detail, { errors: [{ path: '/runtime', message: detail }] });
  }
  refuseMissing('docker', runtimes, undefined);
  const routes = environment.definition.inferenceConfig;
  const port = routes?.scoring_route?.port ?? routes?.readiness_route?.port ?? routes?.liveness_route?.port ?? null;
  return {
    runtime: 'docker',
    runtimeReason: written.runtime === undefined ? 'Chosen because it is a container.' : 'Chosen by the deployment.',
    command: written.command ?? null,
    ...probePaths(routes),
    environment: fixEnvironment(environment, 'docker', false),
    container: {
      ...containerSettings(written, written.container?.user ?? null),
      port,
      livenessPort: otherPort(routes?.liveness_route?.port, port),
      readinessPort: otherPort(routes?.readiness_route?.port, port),
      ...(routes?.grpc_route !== undefined && { grpcPort: routes.grpc_route.port }),
    },
  };
}

const otherPort = (port: number | undefined, scoring: number | null): number | null =>
  port === undefined || port === scoring ? null : port;

function containerSettings(written: DeploymentWrite, user: string | null): ContainerSettings {
  return {
    port: null,
    livenessPort: null,
    readinessPort: null,
    modelMountPath: written.model_mount_path ?? DEFAULT_MOUNT_PATH,
    readOnlyRoot: written.container?.read_only_root ?? true,
    user,
    egress: written.egress_public_network_access !== 'disabled',
  };
}

/** @param implied what is used when the deployment names no environment */
function resolvePython(written: DeploymentWrite, findings: ProgramFindings, implied: StoredDefinition): Program {
  const environment = findings.environment ?? {
    name: null,
    version: null,
    buildNumber: FIRST_BUILD,
    definition: implied,
  };
  const wanted = written.runtime === 'kubernetes' ? undefined : written.runtime;
  const { runtime, reason }: RuntimeChoice = choosePythonRuntime(wanted, environment.definition, findings.runtimes);
  const { code_configuration: code } = written;
  return {
    runtime,
    runtimeReason: reason,
    command: null,
    ...OWN_ROUTES,
    environment: fixEnvironment(environment, runtime, true),
    ...(code !== undefined &&
      findings.codeFiles !== null && { code: { files: findings.codeFiles, scoringScript: code.scoring_script } }),
    ...(runtime === 'docker' && {
      container: containerSettings(written, written.container?.user ?? SERVING_USER),
    }),
  };
}

const NO_NEEDS = { version: null, requirements: [], conda_packages: [] };

/** What an MLflow model says that it needs. */
function definitionOfModel(detected: DetectedModel | null): StoredDefinition {
  const { version, requirements, conda_packages: conda } = detected?.python ?? NO_NEEDS;
  if (conda.length === 0) {
    return { ...EMPTY_DEFINITION, pythonVersion: version, pipRequirements: requirements.join('\n') };
  }
  const interpreter = version === null ? 'python' : `python=${version}`;
  // JSON is YAML.
  const condaFile = JSON.stringify({ dependencies: [interpreter, ...conda, 'pip', { pip: requirements }] });
  return { ...EMPTY_DEFINITION, condaFile };
}

function fixEnvironment(
  environment: Pick<DeploymentEnvironment, 'name' | 'version' | 'buildNumber' | 'definition'>,
  runtime: 'process' | 'docker',
  servesPython: boolean,
): DeploymentEnvironment {
  const { name, version, buildNumber, definition } = environment;
  const key = buildKey(definition, { runtime, servesPython, buildNumber });
  return { name, version, buildNumber, definition, servesPython, key };
}
