import type { EnvironmentDefinition } from '#server/domain/environment-build.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { BuildJournal } from '../build-store.ts';
import type { ImageBuildSettings } from './image-settings.ts';
import type { EngineImage, ImageEngine, RegistryCredentials } from './engine.ts';

/** A name in the engine that came with a build of ours. */
export interface OwnName {
  name: string;
  /** What it names. One that somebody has given to another image since is theirs. */
  imageId: string;
}

/** What a build, whatever becomes of it, leaves in the engine; it goes with the build's record. */
export interface BuildTraces {
  names: OwnName[];
  /** Ids of layers without a name. */
  layers: Set<string>;
  /** References that it has begun to pull: an engine goes on with a pull that nobody waits for any more. */
  begun: Set<string>;
}

/** What one build works with. */
export interface BuildTask {
  key: string;
  definition: EnvironmentDefinition;
  servesPython: boolean;
  isRebuild: boolean;
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
  traces: BuildTraces;
  /** What builds of ours brought to this engine, for the images that this one finds here. */
  ownNames: () => OwnName[];
  logger: Logger;
  signal: AbortSignal;
}

/** An image that the engine has. */
export interface MadeImage {
  image: EngineImage;
  /** `<repository>@sha256:…`, for what came from a registry. */
  digest: string | null;
  python: string | null;
  warnings: string[];
  packages: { name: string; version: string }[];
}

export const ownNameOf = ({ repository, tag }: BuildTask['ownName']): string => `${repository}:${tag}`;

/** What another build of ours brought and this one uses goes with the last of the two. */
export function shareNames({ traces, ownNames }: BuildTask, imageId: string): void {
  traces.names.push(...ownNames().filter((own) => own.imageId === imageId && !own.name.startsWith('viridian.local/')));
}
