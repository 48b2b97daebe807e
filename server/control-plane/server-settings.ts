import { join } from 'node:path';
import type { DeploymentSpec } from '#server/domain/deployment.ts';
import type { BuildArtifact } from '#server/domain/environment-build.ts';
import type { InstallationPaths } from './installation-paths.ts';

/** Where a container finds what is ours. */
export const CONTAINER_SERVER_DIR = '/opt/viridian/serving';
export const CONTAINER_CODE_DIR = '/var/azureml-app/code';

/** Variables that an instance is told by us; what the deployment declares wins. */
export function serverSettings(
  spec: DeploymentSpec,
  paths: InstallationPaths,
  artifact: BuildArtifact | null,
): Record<string, string> {
  if (artifact === null)
    return spec.triton?.server === 'tritonserver' ? tritonSettings(spec) : onnxSettings(spec, paths);
  const inContainer = artifact.kind === 'image';
  const { code, model, environment } = spec;
  return {
    ...(inContainer && model !== null && { AZUREML_MODEL_DIR: containerModelDir(spec) }),
    ...(code && codeSettings(code, inContainer ? CONTAINER_CODE_DIR : join(paths.filesDir, code.files))),
    ...(environment?.servesPython && pythonSettings(spec)),
    ...(environment?.servesPython && (inContainer ? IN_CONTAINER : besideUs(paths))),
  };
}

function pythonSettings(spec: DeploymentSpec): Record<string, string> {
  const { model } = spec;
  return {
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: String(threadsOf(spec)),
    ...(model !== null && {
      VIRIDIAN_SERVING_MODEL_NAME: model.name,
      VIRIDIAN_SERVING_MODEL_VERSION: model.version,
    }),
  };
}

/** Our Python server is mounted, and only scratch space can be written to. */
const IN_CONTAINER = { PYTHONPATH: CONTAINER_SERVER_DIR, VIRIDIAN_SERVING_CACHE_DIR: '/tmp' };

/** As a process of this host, which nobody but the gateway is to reach. */
function besideUs({ pythonServerDir, servingCache }: InstallationPaths): Record<string, string> {
  return {
    PYTHONPATH: pythonServerDir,
    VIRIDIAN_SERVING_HOST: '127.0.0.1',
    ...(servingCache && { VIRIDIAN_SERVING_CACHE_DIR: servingCache }),
  };
}

/** As the original names them: the folder of the code, and the script inside. */
function codeSettings({ scoringScript }: NonNullable<DeploymentSpec['code']>, folder: string): Record<string, string> {
  return { AZUREML_APP_ROOT: folder, AML_APP_ROOT: folder, AZUREML_ENTRY_SCRIPT: scoringScript };
}

function onnxSettings(spec: DeploymentSpec, { compileCache }: InstallationPaths): Record<string, string> {
  if (!usesOnnxServer(spec) || spec.model === null) return {};
  return {
    VIRIDIAN_ONNX_THREADS: String(threadsOf(spec)),
    VIRIDIAN_ONNX_MODEL_NAME: spec.model.name,
    VIRIDIAN_ONNX_MODEL_VERSION: spec.model.version,
    ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }),
  };
}

function tritonSettings({ triton }: DeploymentSpec): Record<string, string> {
  return { VIRIDIAN_TRITON_REPOSITORY: triton?.repository ?? '' };
}

const threadsOf = ({ cpu }: DeploymentSpec): number => Math.max(1, Math.floor(cpu));

/** Our ONNX server takes a model or a repository of models, whichever the folder holds. */
export function usesOnnxServer({ kind, triton }: DeploymentSpec): boolean {
  return kind === 'onnx' || triton?.server === 'onnx';
}

/** As the original mounts models: `<mount path>/<name>/<version>`. */
export function containerModelDir({ model, container }: DeploymentSpec): string {
  return `${container?.modelMountPath ?? ''}/${model?.name}/${model?.version}`;
}
