import type { Readable } from 'node:stream';

/** The engine is absent, refuses this user, or went away in the middle of a call. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** What the engine said instead of doing it. */
export class EngineRefusalError extends Error {
  override readonly name = 'EngineRefusalError';
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** What an image says of itself, as far as it matters here. */
export interface EngineImage {
  /** `sha256:…` */
  id: string;
  tags: string[];
  /** `<repository>@sha256:…` as the engine writes repositories. */
  digests: string[];
  architecture: string;
  os: string;
  sizeBytes: number;
  createdAt: string;
  exposedPorts: number[];
  entrypoint: string[];
  command: string[];
  user: string;
  /** `NAME=value` */
  environment: string[];
  labels: Record<string, string>;
}

export interface RegistryCredentials {
  username: string;
  password: string;
}

/** One object of a stream of events, as the engine writes it. */
export type EngineEvent = Record<string, unknown>;

export interface BuildOptions {
  dockerfile: string;
  tag: string;
  labels: Record<string, string>;
  /** Only predefined proxy arguments: the engine keeps those out of the image's history. */
  buildArgs: Record<string, string>;
  network: string;
  /** Whether layers of earlier builds may stand in for steps. */
  useCache: boolean;
  /** By registry host, for the images in FROM. */
  credentials: Record<string, RegistryCredentials>;
}

export interface WorkContainerOptions {
  imageId: string;
  labels: Record<string, string>;
  network: string;
  /** Absolute path on the host to absolute path inside. */
  binds: { source: string; target: string; writable: boolean }[];
  /** Paths inside that belong to no layer and go with the container. */
  scratch: string[];
  /** Ends by itself after this long, whatever becomes of us. */
  lifeSeconds: number;
  pidsLimit: number;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
}

/** Port to the engine that keeps images. Every call throws EngineUnavailableError or EngineRefusalError and nothing else of the engine's. */
export interface ImageEngine {
  /** Architecture of the host in the names of images: `amd64`. */
  architecture(): Promise<string>;
  /** Asks a registry whether it takes the credentials. */
  signIn(credentials: RegistryCredentials & { registry: string }): Promise<void>;
  inspect(reference: string): Promise<EngineImage | null>;
  /** @param tag a tag or a digest */
  pull(
    image: { name: string; tag: string },
    credentials: (RegistryCredentials & { registry: string }) | null,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
  load(archive: Readable, onEvent: (event: EngineEvent) => void, signal: AbortSignal): Promise<void>;
  build(
    context: Readable,
    options: BuildOptions,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Gives an image one more name. */
  tag(imageId: string, repository: string, tag: string): Promise<void>;
  /** Takes one name or digest away; with the last one the image goes. `in_use`: a container still runs on it. */
  untag(reference: string): Promise<'removed' | 'absent' | 'in_use'>;
  /** Ids and names of images that carry a label, or that have a name in a repository. */
  listImages(
    filter: { label: string } | { reference: string },
  ): Promise<{ id: string; tags: string[]; labels: Record<string, string> }[]>;
  /** A container that does nothing until something is executed in it. */
  startWorkContainer(options: WorkContainerOptions): Promise<string>;
  /** Runs a program in it as root, with the environment of this call only. */
  exec(
    containerId: string,
    command: readonly string[],
    environment: Record<string, string>,
    onOutput: (text: string) => void,
    signal: AbortSignal,
  ): Promise<ExecResult>;
  /** Makes an image of the container's files with the configuration of the image below it. */
  commit(containerId: string, name: { repository: string; tag: string }, config: CommitConfig): Promise<string>;
  removeContainer(containerId: string): Promise<void>;
  listContainers(label: string): Promise<string[]>;
}

export interface CommitConfig {
  entrypoint: string[];
  command: string[];
  user: string;
  labels: Record<string, string>;
}
