import type { ErrorCode } from '#lib/contracts/error-codes.ts';

/** What programs need besides this host, as somebody described it; files have been stored and references resolved. */
export interface EnvironmentDefinition {
  /** Image reference as it was written; null where the host or a Dockerfile gives the base. */
  image: string | null;
  /** A file made by `docker save`, absolute path. */
  imageArchive: string | null;
  build: { contextDir: string; dockerfilePath: string } | null;
  /** YAML text of a conda environment. */
  condaFile: string | null;
  /** Lines of a requirements file. */
  pipRequirements: string | null;
  /** `3.11`, `3.11.7`; null takes what is there. */
  pythonVersion: string | null;
}

/** What has to be there before an instance can start. */
export interface BuildRequest {
  /** Hash of everything that decides the result. Equal keys are one environment, built once. */
  key: string;
  runtime: 'process' | 'docker';
  definition: EnvironmentDefinition;
  /** Adds what our Python model server needs. */
  servesPython: boolean;
  /** A rebuild: nothing that an earlier build left counts, and images that came from a registry are looked up there again. */
  isRebuild: boolean;
  /** Who asks: a build that failed is tried again for another attempt and not for the same one. */
  attempt: string;
}

/** A virtual environment of this host. */
export interface VenvArtifact {
  kind: 'venv';
  /** Absolute path of its interpreter. */
  python: string;
  pythonVersion: string;
}

/** An image that the engine of this host has. */
export interface ImageArtifact {
  kind: 'image';
  /** `sha256:…` */
  imageId: string;
  /** `<repository>@sha256:…`; null for what came from no registry. */
  digest: string | null;
  /** The interpreter that has the packages, inside the image; null where we put none in. */
  python: string | null;
  /** As the image says. */
  exposedPorts: number[];
  entrypoint: string[];
  command: string[];
  user: string;
  architecture: string;
}

export type BuildArtifact = VenvArtifact | ImageArtifact;

export interface BuildFailure {
  code: ErrorCode;
  /** What happened and what to do, for people. */
  detail: string;
  /** Last lines of the log. */
  logTail: string[];
}

/** A layer that is pulled or a step of a Dockerfile. */
export interface BuildPart {
  kind: 'layer' | 'step';
  /** Short id of the layer, or the instruction. */
  name: string;
  state: 'waiting' | 'fetching' | 'unpacking' | 'running' | 'done' | 'cached';
  /** Fetched so far; of layers. */
  bytes: number;
  /** Null until it is known. */
  totalBytes: number | null;
}

export type BuildState =
  | {
      kind: 'building';
      startedAt: number;
      step: string;
      progress: number | null;
      /** In the order in which they came up; left out where the step has none. */
      parts?: readonly BuildPart[];
    }
  | { kind: 'ready'; artifact: BuildArtifact; warnings: string[] }
  | { kind: 'failed'; failure: BuildFailure };

/** A build as a page shows it. */
export interface BuildRecord {
  key: string;
  runtime: BuildRequest['runtime'];
  /** Who asked for it. */
  attempt: string;
  state: BuildState;
  startedAt: number;
  finishedAt: number | null;
  /** Of the result on the disk; null where it is not known. */
  sizeBytes: number | null;
  packages: { name: string; version: string }[];
}

export interface BuildLogLine {
  /** Position that resumes the log. */
  cursor: string;
  at: string;
  text: string;
}

/** Port to what builds environments. Builds outlive whoever asked for them; what is built is found again after a restart. */
export interface EnvironmentBuilder {
  start(): Promise<void>;
  /** Ends what is being built; the next `ensure` begins anew. */
  stop(): Promise<void>;
  /** Begins to build unless it is built or being built; never waits for the end. */
  ensure(request: BuildRequest): Promise<BuildState>;
  find(key: string): Promise<BuildRecord | null>;
  /** Newest lines of a build's log, oldest first. */
  readLog(key: string, options: { tail: number; after?: string }): Promise<BuildLogLine[]>;
  /** Calls back for each new line until the build has ended or the signal aborts. */
  followLog(
    key: string,
    after: string | null,
    onLine: (line: BuildLogLine) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Forgets all others: ends those under way, and removes old results as far as they are more than the cache may hold. */
  retain(keys: ReadonlySet<string>): Promise<void>;
  /** Calls back when a build has gone on; the listener looks for itself. Returns the unsubscribe function. */
  onHint(listener: (key: string) => void): () => void;
}

/** What a solver says of packages that nobody has installed. */
export type PackageCheck =
  | {
      kind: 'resolved';
      pythonVersion: string;
      packages: { name: string; version: string }[];
      warnings: string[];
    }
  | { kind: 'failed'; failure: BuildFailure };

/** Port to the solver of this host. */
export type CheckPackages = (
  definition: Pick<EnvironmentDefinition, 'condaFile' | 'pipRequirements'>,
) => Promise<PackageCheck>;
