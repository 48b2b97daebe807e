import type { Deployment } from '#lib/contracts/deployment.ts';
import { DEFAULT_DOCKERFILE_PATH } from '#lib/contracts/deployment-defaults.ts';
import type { EnvironmentVersion } from '#lib/contracts/environment.ts';
import { type ContainerForm, EMPTY_CONTAINER, type UploadedFiles } from '#lib/deployment-yaml/container-source.ts';

/** The container of a deployment that exists, to change it. What was uploaded then is stored, and need not be brought again. */
export function formOfContainer(deployment: Deployment, environment: EnvironmentVersion): ContainerForm {
  const { command = [], model_mount_path: mountPath = '', container, environment_variables: variables } = deployment;
  return {
    ...EMPTY_CONTAINER,
    ...originOf(environment),
    ...routesOf(environment),
    command: command.join('\n'),
    variables: Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    mountPath,
    isRootReadOnly: container?.read_only_root ?? true,
    user: container?.user ?? '',
  };
}

function originOf({ image, image_archive: archive, build }: EnvironmentVersion): Partial<ContainerForm> {
  if (build) {
    const { path, dockerfile_path: dockerfilePath = DEFAULT_DOCKERFILE_PATH } = build;
    return { origin: 'dockerfile', context: storedFiles(path, 'The folder as it was built'), dockerfilePath };
  }
  if (archive !== undefined) return { origin: 'archive', archive: storedFiles(archive, 'The saved image as it was') };
  return { origin: 'image', image: image ?? '' };
}

function storedFiles(path: string, filename: string): UploadedFiles {
  return { id: path, filename, isFolder: false, sizeBytes: 0, stored: path };
}

function routesOf({ inference_config: routes }: EnvironmentVersion): Partial<ContainerForm> {
  const {
    scoring_route: scoring,
    readiness_route: readiness,
    liveness_route: liveness,
    grpc_route: grpc,
  } = routes ?? {};
  const port = scoring?.port ?? readiness?.port ?? liveness?.port;
  const probePort = readiness?.port ?? liveness?.port;
  return {
    port: text(port),
    probePort: probePort === port ? '' : text(probePort),
    grpcPort: text(grpc?.port),
    ...(scoring && { scoringPath: scoring.path }),
    ...(readiness && { readinessPath: readiness.path }),
    livenessPath: liveness?.path === readiness?.path ? '' : (liveness?.path ?? ''),
  };
}

const text = (port: number | undefined): string => (port === undefined ? '' : String(port));
