import type { EnvironmentDefinition } from '#server/domain/environment-build.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { BuildJournal } from '../build-store.ts';
import type { ImageBuildSettings } from './image-settings.ts';
import type { EngineImage, ImageEngine, RegistryCredentials } from './engine.ts';

/** What one build works with. */
export interface BuildTask {
  key: string;
  definition: EnvironmentDefinition;
  servesPython: boolean;
  /** What our Python model server likes to have; left out where it does not go together with the rest. */
  servingRequirements: readonly string[];
  /** Folder of builds under way. */
  workDir: string;
  engine: ImageEngine;
  journal: BuildJournal;
  settings: ImageBuildSettings;
  credentials: (registryHost: string) => Promise<RegistryCredentials | null>;
  /** Go on every image and container that we make. */
  labels: Record<string, string>;
  /** The name that keeps the result from being swept away as unused. */
  ownName: { repository: string; tag: string };
  /** Digest of what an earlier build of this key pulled; a lost image comes back as that one, whatever its tag says today. */
  pinnedDigest: string | null;
  architecture: string;
  /** `2026-01-31` */
  today: string;
  /** Ids of unnamed images that the build left behind; they go with it. */
  leftovers: Set<string>;
  logger: Logger;
  signal: AbortSignal;
}

/** An image that the engine has, and what of it we answer for. */
export interface MadeImage {
  image: EngineImage;
  /** `<repository>@sha256:…`, for what came from a registry. */
  digest: string | null;
  /** Names in the engine that came with this build and go with it. */
  ownReferences: string[];
  python: string | null;
  warnings: string[];
  packages: { name: string; version: string }[];
}

export const ownNameOf = ({ repository, tag }: BuildTask['ownName']): string => `${repository}:${tag}`;
