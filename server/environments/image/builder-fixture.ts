import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import type {
  BuildRequest,
  BuildState,
  EnvironmentBuilder,
  EnvironmentDefinition,
  ImageArtifact,
} from '#server/domain/environment-build.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { parseConfig } from '#server/kernel/config.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { createBuildStore, type BuildStore } from '../build-store.ts';
import { dockerSocketFrom } from '../host-capabilities.ts';
import { pythonConfig } from '../python-settings.ts';
import { imageConfig, type ImageBuildSettings } from './image-settings.ts';
import { createImageBuilder, type ImageBuilderOptions } from './image-builder.ts';

export const engineSocket = dockerSocketFrom(process.env['DOCKER_HOST']);

/** Tests that need an engine are left out where there is none, unless it is demanded: then they fail. */
export const hasEngine =
  existsSync(engineSocket) || (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('docker');

/** Made by `scripts/setup/make-base-image.ts`, so that no registry is needed. */
export const BASE_IMAGE = 'debian:bookworm-slim';

/** Builds of the tests reach the package index as this host does. */
const SETTINGS: ImageBuildSettings = parseConfig(
  { ...pythonConfig, ...imageConfig },
  {
    VIRIDIAN_EXTRA_CA_FILE: process.env['SSL_CERT_FILE'],
    VIRIDIAN_BUILD_NETWORK: 'host',
    VIRIDIAN_IMAGE_CACHE_MIB: '0',
  },
);

export interface BuilderStand {
  builder: EnvironmentBuilder;
  store: BuildStore;
  docker: Docker;
  installationId: string;
  folder: string;
  settings: ImageBuildSettings;
  /** Another builder on the same folder, as after a restart. */
  reopen(change?: Partial<ImageBuilderOptions>): Promise<void>;
  /** Ensures and waits for the end. */
  build(definition: Partial<EnvironmentDefinition>, request?: Partial<BuildRequest>): Promise<BuildState>;
  log(key: string): Promise<string[]>;
  /** Takes everything away that carries this stand's label, and these references. */
  close(references?: string[]): Promise<void>;
}

export async function startBuilder(change: Partial<ImageBuilderOptions> = {}): Promise<BuilderStand> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-images-'));
  const installationId = `test-${randomBytes(5).toString('hex')}`;
  const docker = new Docker({ socketPath: engineSocket });
  const logger = createLogger('test', 'silent');
  const stand = { docker, installationId, folder, settings: SETTINGS, build, log, close, reopen } as BuilderStand;

  async function reopen(reopened: Partial<ImageBuilderOptions> = {}): Promise<void> {
    await (stand.builder as EnvironmentBuilder | undefined)?.stop();
    stand.store = createBuildStore({ folder: join(folder, 'builds'), clock: systemClock, logger });
    await stand.store.start();
    stand.builder = createImageBuilder({
      socketPath: engineSocket,
      store: stand.store,
      credentials: async () => null,
      settings: SETTINGS,
      servingRequirements: [],
      workDir: join(folder, 'work'),
      installationId,
      clock: systemClock,
      logger,
      ...change,
      ...reopened,
    });
    await stand.builder.start();
  }

  async function build(
    definition: Partial<EnvironmentDefinition>,
    request: Partial<BuildRequest> = {},
  ): Promise<BuildState> {
    const asked = requestOf(definition, request);
    const begun = await stand.builder.ensure(asked);
    if (begun.kind !== 'building') return begun;
    await stand.builder.followLog(asked.key, null, () => undefined, AbortSignal.timeout(120_000));
    return (await stand.builder.find(asked.key))?.state ?? begun;
  }

  async function log(key: string): Promise<string[]> {
    return (await stand.builder.readLog(key, { tail: 1000 })).map(({ text }) => text);
  }

  async function close(references: string[] = []): Promise<void> {
    await stand.builder.stop();
    await stand.builder.retain(new Set());
    for (const reference of references) await docker.getImage(reference).remove({ force: true }).catch(ignoreAbsent);
    await rm(folder, { recursive: true, force: true });
  }

  await reopen();
  return stand;
}

function ignoreAbsent(error: { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error;
}

export function requestOf(
  definition: Partial<EnvironmentDefinition>,
  request: Partial<BuildRequest> = {},
): BuildRequest {
  return {
    key: 'k1',
    runtime: 'docker',
    servesPython: false,
    isRebuild: false,
    attempt: 'a1',
    definition: {
      image: null,
      imageArchive: null,
      build: null,
      condaFile: null,
      pipRequirements: null,
      pythonVersion: null,
      ...definition,
    },
    ...request,
  };
}

/** @throws Error with the failure when it is not ready */
export function imageOf(state: BuildState): ImageArtifact {
  if (state.kind === 'ready' && state.artifact.kind === 'image') return state.artifact;
  throw new Error(`The build is not ready: ${JSON.stringify(state)}`);
}
