import type { DeploymentWrite } from '../contracts/deployment.ts';
import { DEFAULT_DOCKERFILE_PATH } from '../contracts/deployment-defaults.ts';
import type { EnvironmentVersionWrite, InferenceConfig } from '../contracts/environment.ts';
import { parseImageReference } from '../contracts/image-reference.ts';
import type { ModelSource } from './model-source.ts';
import type { DraftFault, DraftField } from './draft-field.ts';
import { portFaults } from './port-faults.ts';
import type { UploadToMake } from './upload-to-make.ts';

/** Files that were put beside a deployment: a build context, a saved image. */
export interface UploadedFiles {
  /** Empty until the last byte has arrived. */
  id: string;
  filename: string;
  isFolder: boolean;
  sizeBytes: number;
  /** Stored by an earlier deployment, as `files:<hash>`; then there is no upload to make. */
  stored?: string;
}

export type ContainerOrigin = 'image' | 'dockerfile' | 'archive';

/** What somebody typed about a container. Plain data, since it is kept in the session's storage. */
export interface ContainerForm {
  origin: ContainerOrigin;
  image: string;
  context: UploadedFiles | null;
  dockerfilePath: string;
  archive: UploadedFiles | null;
  /** Empty leaves it to the server: it is told in PORT. */
  port: string;
  scoringPath: string;
  /** Empty means that calls of gRPC go to the port of scoring. */
  grpcPort: string;
  readinessPath: string;
  livenessPath: string;
  /** Empty means the port of scoring. */
  probePort: string;
  /** One argument a line; empty runs what the image runs. */
  command: string;
  /** One `NAME=value` a line, as in an `.env` file. */
  variables: string;
  mountPath: string;
  isRootReadOnly: boolean;
  /** `uid` or `uid:gid`; empty keeps the image's own. */
  user: string;
}

/** A container that is served: where it comes from, where it answers, and how it is kept apart. */
export interface ContainerSource {
  kind: 'container';
  /** Made from the image or the folder, for suggestions. */
  name: string;
  form: ContainerForm;
  model: ModelSource | null;
}

export const EMPTY_CONTAINER: ContainerForm = {
  origin: 'image',
  image: '',
  context: null,
  dockerfilePath: DEFAULT_DOCKERFILE_PATH,
  archive: null,
  port: '',
  scoringPath: '/score',
  grpcPort: '',
  readinessPath: '/',
  livenessPath: '',
  probePort: '',
  command: '',
  variables: '',
  mountPath: '',
  isRootReadOnly: true,
  user: '',
};

/** Given to each instance by Viridian, and refused by the API. */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set(['PORT', 'AZUREML_MODEL_DIR']);
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PATH = /^\/[^\s?#]*$/;
const MOUNT_PATH = /^\/(?!.*(?:\/|^)\.\.?(?:\/|$))/;
const USER = /^\d{1,9}(:\d{1,9})?$/;

export function containerSource(form: ContainerForm, model: ModelSource | null): ContainerSource {
  return { kind: 'container', name: nameOf(form), form, model };
}

function nameOf({ origin, image, context, archive }: ContainerForm): string {
  if (origin !== 'image') return (origin === 'dockerfile' ? context : archive)?.filename ?? '';
  const parsed = parseImageReference(image.trim());
  return parsed.kind === 'reference' ? (parsed.reference.repository.split('/').at(-1) ?? '') : '';
}

/** What has to be uploaded before the container can be made; its model apart. */
export function uploadsOfContainer({ form }: ContainerSource): UploadToMake[] {
  const { origin, context, archive } = form;
  if (origin === 'dockerfile' && context && context.stored === undefined) {
    const { filename, isFolder } = context;
    return [{ variable: 'CONTEXT', reference: pathOf(context), filename, isFolder, holds: 'content' }];
  }
  if (origin === 'archive' && archive && archive.stored === undefined) {
    const { filename } = archive;
    return [{ variable: 'IMAGE', reference: pathOf(archive), filename, isFolder: false, isKeptPacked: true }];
  }
  return [];
}

/** The fields of a deployment that say what container runs and how; the model is the caller's. */
export function containerBody({ form, model }: ContainerSource): DeploymentWrite {
  const command = lines(form.command);
  const { variables } = parseVariables(form.variables);
  const user = form.user.trim();
  const container = {
    ...(!form.isRootReadOnly && { read_only_root: false }),
    ...(user !== '' && { user }),
  };
  return {
    ...(model !== null && form.mountPath.trim() !== '' && { model_mount_path: form.mountPath.trim() }),
    environment: { ...baseOf(form), ...routesOf(form) },
    ...(Object.keys(variables).length > 0 && { environment_variables: variables }),
    ...(command.length > 0 && { command }),
    ...(Object.keys(container).length > 0 && { container }),
  };
}

function baseOf(form: ContainerForm): EnvironmentVersionWrite {
  switch (form.origin) {
    case 'image':
      return { image: form.image.trim() };
    case 'archive':
      return { image_archive: pathOf(form.archive) };
    case 'dockerfile': {
      const dockerfile = form.dockerfilePath.trim();
      return {
        build: {
          path: pathOf(form.context),
          ...(dockerfile !== DEFAULT_DOCKERFILE_PATH && { dockerfile_path: dockerfile }),
        },
      };
    }
  }
}

const pathOf = (files: UploadedFiles | null): string => files?.stored ?? `upload:${files?.id ?? ''}`;

function routesOf(form: ContainerForm): { inference_config: InferenceConfig } {
  const readiness = form.readinessPath.trim() || '/';
  const port = form.port.trim();
  const probePort = form.probePort.trim() || port;
  const grpcPort = form.grpcPort.trim();
  const route = (path: string, at: string) => ({ path, ...(at !== '' && { port: Number(at) }) });
  return {
    inference_config: {
      liveness_route: route(form.livenessPath.trim() || readiness, probePort),
      readiness_route: route(readiness, probePort),
      scoring_route: route(form.scoringPath.trim(), port),
      ...(grpcPort !== '' && { grpc_route: { port: Number(grpcPort) } }),
    },
  };
}

function lines(text: string): string[] {
  return text.split('\n').flatMap((line) => line.trim() || []);
}

/** Reads `NAME=value` lines; empty lines and those that start with "#" are left out, quotes around a value are taken off. */
export function parseVariables(text: string): { variables: Record<string, string>; faults: string[] } {
  const variables: Record<string, string> = {};
  const faults: string[] = [];
  for (const line of lines(text)) {
    if (line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const name = (equals === -1 ? line : line.slice(0, equals)).replace(/^export\s+/, '').trim();
    if (equals === -1) faults.push(`"${line}" has no "=".`);
    else if (!VARIABLE_NAME.test(name)) {
      faults.push(`"${name}" is no name of a variable: letters, digits and "_", and no digit first.`);
    } else if (RESERVED_VARIABLES.has(name))
      faults.push(`${name} is given to each instance by Viridian; leave it out.`);
    else
      variables[name] = line
        .slice(equals + 1)
        .trim()
        .replace(/^(["'])(.*)\1$/s, '$2');
  }
  return { variables, faults };
}

export function containerFaults({ form, model }: ContainerSource): DraftFault[] {
  return [...originFaults(form), ...modelFaults(form, model), ...routeFaults(form), ...settingFaults(form)];
}

const fault = (isFault: boolean, field: DraftField, message: string): DraftFault[] =>
  isFault ? [{ field, message }] : [];

function originFaults(form: ContainerForm): DraftFault[] {
  switch (form.origin) {
    case 'image': {
      const parsed = parseImageReference(form.image.trim());
      return parsed.kind === 'refused' ? [{ field: 'container-image', message: parsed.reason }] : [];
    }
    case 'dockerfile':
      return [
        ...uploadFaults(form.context, 'container-context', 'Choose the folder with the Dockerfile.'),
        ...fault(form.dockerfilePath.trim() === '', 'container-dockerfile', 'Name the Dockerfile inside the folder.'),
      ];
    case 'archive':
      return uploadFaults(form.archive, 'container-archive', 'Choose the file that "docker save" wrote.');
  }
}

function uploadFaults(files: UploadedFiles | null, field: DraftField, none: string): DraftFault[] {
  if (files === null) return [{ field, message: none }];
  return fault(files.id === '' && files.stored === undefined, field, 'The upload is not complete.');
}

function modelFaults(form: ContainerForm, model: ModelSource | null): DraftFault[] {
  const mountPath = form.mountPath.trim();
  return [
    ...fault(model?.kind === 'upload' && model.id === '', 'model', 'The upload of the model is not complete.'),
    ...fault(
      mountPath !== '' && !MOUNT_PATH.test(mountPath),
      'container-mount-path',
      'The mount path must be absolute, for example "/models".',
    ),
  ];
}

function routeFaults(form: ContainerForm): DraftFault[] {
  const isWrong = (path: string, isNeeded: boolean): boolean =>
    path.trim() === '' ? isNeeded : !PATH.test(path.trim());
  const wrong = (which: string) => `The ${which} must start with "/" and hold no space, "?" or "#".`;
  return [
    ...portFaults(form.port, 'container-port'),
    ...portFaults(form.probePort, 'container-probe-port'),
    ...portFaults(form.grpcPort, 'container-grpc-port'),
    ...fault(isWrong(form.scoringPath, true), 'container-scoring-path', wrong('scoring path')),
    ...fault(isWrong(form.readinessPath, false), 'container-readiness-path', wrong('readiness path')),
    ...fault(isWrong(form.livenessPath, false), 'container-liveness-path', wrong('liveness path')),
  ];
}

function settingFaults(form: ContainerForm): DraftFault[] {
  const user = form.user.trim();
  return [
    ...parseVariables(form.variables).faults.map((message): DraftFault => ({ field: 'container-variables', message })),
    ...fault(
      user !== '' && !USER.test(user),
      'container-user',
      'The user must be a number, or two with ":" between: "1000" or "1000:1000".',
    ),
  ];
}

/** The host of a registry that is not known to serve images to everybody; null for one that is, or while nothing is readable. */
export function privateRegistryOf(image: string): string | null {
  const parsed = parseImageReference(image.trim());
  if (parsed.kind === 'refused' || PUBLIC_REGISTRIES.has(parsed.reference.registry)) return null;
  return parsed.reference.registry;
}

const PUBLIC_REGISTRIES: ReadonlySet<string> = new Set([
  'docker.io',
  'ghcr.io',
  'gcr.io',
  'mcr.microsoft.com',
  'nvcr.io',
  'public.ecr.aws',
  'quay.io',
  'registry.k8s.io',
]);
