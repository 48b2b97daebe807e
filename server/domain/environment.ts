import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { EnvironmentKind, InferenceConfig } from '#lib/contracts/environment.ts';
import type { BuildRequest } from './environment-build.ts';

/** What decides an environment, with uploaded files put away under the hash of their content. */
export interface StoredDefinition {
  image: string | null;
  /** A file made by `docker save`. */
  imageArchive: { files: string; path: string } | null;
  build: { files: string; dockerfilePath: string } | null;
  /** YAML text. */
  condaFile: string | null;
  /** Lines of a requirements file. */
  pipRequirements: string | null;
  /** Where there is no conda file that says it. */
  pythonVersion: string | null;
  inferenceConfig: InferenceConfig | null;
}

export const EMPTY_DEFINITION: StoredDefinition = {
  image: null,
  imageArchive: null,
  build: null,
  condaFile: null,
  pipRequirements: null,
  pythonVersion: null,
  inferenceConfig: null,
};

export interface EnvironmentVersionRecord {
  name: string;
  version: string;
  /** Registered by a deployment from an inline object. */
  anonymous: boolean;
  definition: StoredDefinition;
  description: string;
  tags: Record<string, string>;
  properties: Record<string, string>;
  /** Rises with every rebuild; deployments keep the one that they were deployed with. */
  buildNumber: number;
  revision: number;
  createdAt: number;
  updatedAt: number;
}

/** Build number of a version that nobody has had built anew. */
export const FIRST_BUILD = 1;

export type BuildRuntime = BuildRequest['runtime'];

/** What a deployment's instances need before the first of them starts. */
export interface DeploymentEnvironment {
  /** Of the registry; null where it follows from the model. */
  name: string | null;
  version: string | null;
  buildNumber: number;
  definition: StoredDefinition;
  /** Our Python model server runs in it. */
  servesPython: boolean;
  /** Names the build. */
  key: string;
}

/** What a definition is, by what decides it. */
export function kindOfDefinition({
  image,
  imageArchive,
  build,
  condaFile,
  pipRequirements,
}: StoredDefinition): EnvironmentKind {
  if (build !== null) return 'dockerfile';
  if (imageArchive !== null) return 'archive';
  if (image === null) return 'python';
  return condaFile === null && pipRequirements === null ? 'image' : 'image_with_packages';
}

/** Whether it can only be had in a container. */
export function needsContainer(definition: StoredDefinition): boolean {
  const kind = kindOfDefinition(definition);
  return kind === 'dockerfile' || kind === 'archive' || kind === 'image';
}

/** Names a build: equal keys are one result. 32 hex digits, 128 bits. */
export function buildKey(
  { inferenceConfig: _routes, ...deciding }: StoredDefinition,
  options: { runtime: BuildRuntime; servesPython: boolean; buildNumber: number },
): string {
  const { runtime, servesPython, buildNumber } = options;
  const text = JSON.stringify([runtime, servesPython, buildNumber, Object.entries(deciding).toSorted(byFirst)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * A build as its builder is asked for it.
 * @param filesDir folder of stored files
 * @param attempt who asks: a build that failed is tried again for another attempt
 */
export function compileBuildRequest(
  environment: Pick<DeploymentEnvironment, 'key' | 'definition' | 'servesPython' | 'buildNumber'>,
  runtime: BuildRuntime,
  filesDir: string,
  attempt: string,
): BuildRequest {
  const { imageArchive, build, inferenceConfig: _routes, ...rest } = environment.definition;
  return {
    key: environment.key,
    runtime,
    definition: {
      ...rest,
      imageArchive: imageArchive && join(filesDir, imageArchive.files, imageArchive.path),
      build: build && { contextDir: join(filesDir, build.files), dockerfilePath: build.dockerfilePath },
    },
    servesPython: environment.servesPython,
    isRebuild: environment.buildNumber > FIRST_BUILD,
    attempt,
  };
}

function byFirst([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
