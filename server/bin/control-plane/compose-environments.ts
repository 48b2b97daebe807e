import { join } from 'node:path';
import type { SeedEnvironment } from '#server/commands/seed-environments.ts';
import type { HostRuntimes } from '#server/domain/choose-build-runtime.ts';
import type { CheckPackages, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { RunProgram } from '#server/domain/trial.ts';
import { type BuildStore, createBuildStore } from '#server/environments/build-store.ts';
import { CURATED_ENVIRONMENTS } from '#server/environments/curated/curated-environments.ts';
import { createEnvironmentBuilder } from '#server/environments/environment-builder.ts';
import type { HostCapabilities } from '#server/environments/host-capabilities.ts';
import type { ImageBuilderOptions } from '#server/environments/image/image-builder.ts';
import type { ImageBuildSettings } from '#server/environments/image/image-settings.ts';
import { createProgramRunner } from '#server/environments/run-program.ts';
import { SERVING_REQUIREMENTS } from '#server/environments/serving-requirements.ts';
import { createVenvBuilder, type VenvBuilder } from '#server/environments/venv/venv-builder.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';

export interface ComposedEnvironments {
  environments: EnvironmentBuilder;
  runtimes: HostRuntimes;
  checkPackages: CheckPackages;
  runProgram: RunProgram;
}

export interface EnvironmentsOptions {
  dataDir: DataDir;
  settings: ImageBuildSettings;
  capabilities: Pick<HostCapabilities, 'python' | 'docker'>;
  /** Null on a host without Docker. */
  dockerSocket: string | null;
  /** PATH of this process. */
  searchPath: string | undefined;
  installationId: string;
  credentials: ImageBuilderOptions['credentials'];
  logger: Logger;
}

/** Environments that every installation begins with. */
export const CURATED_SEEDS: readonly SeedEnvironment[] = CURATED_ENVIRONMENTS.map(
  ({ name, description, requirements }) => ({ name: `viridian-${name}`, description, requirements }),
);

/** A person waits for the solver. */
const CHECK_LIMIT_MS = 90_000;

/** What builds environments on this host: virtual environments, and images where there is a Docker engine. */
export async function composeEnvironments(options: EnvironmentsOptions): Promise<ComposedEnvironments> {
  const { dataDir, settings, capabilities, searchPath, logger } = options;
  const folder = dataDir.environments;
  const store = createBuildStore({ folder: join(folder, 'builds'), clock: systemClock, logger });
  await store.start();
  const venvs = createVenvBuilder({
    store,
    folder,
    settings,
    hostPath: searchPath ?? '',
    servingRequirements: SERVING_REQUIREMENTS,
    clock: systemClock,
    logger,
  });
  const docker = await composeImageBuilder(options, store);
  return {
    environments: createEnvironmentBuilder({ process: venvs, docker }),
    runtimes: { python: runtimeOf(capabilities.python), docker: runtimeOf(capabilities.docker) },
    checkPackages: (definition) => checkPackages(venvs, definition),
    runProgram: createProgramRunner(searchPath),
  };
}

/** Loaded only where it is used: the client of the engine takes 32 MiB. */
async function composeImageBuilder(
  options: EnvironmentsOptions,
  store: BuildStore,
): Promise<EnvironmentBuilder | null> {
  const { dataDir, dockerSocket, settings, logger } = options;
  if (dockerSocket === null) return null;
  const { createImageBuilder } = await import('#server/environments/image/image-builder.ts');
  return createImageBuilder({
    socketPath: dockerSocket,
    store,
    credentials: options.credentials,
    settings,
    servingRequirements: SERVING_REQUIREMENTS,
    workDir: join(dataDir.environments, 'work'),
    installationId: options.installationId,
    clock: systemClock,
    logger,
  });
}

function runtimeOf({ available, reason, fix }: HostCapabilities['python']): HostRuntimes['python'] {
  return { available, reason: [reason, fix].filter((text) => text !== undefined).join(' ') };
}

async function checkPackages(venvs: VenvBuilder, definition: Parameters<CheckPackages>[0]): ReturnType<CheckPackages> {
  const question = { definition: { ...definition, pythonVersion: null }, servesPython: true };
  const check = await venvs.checkRequirements(question, AbortSignal.timeout(CHECK_LIMIT_MS));
  if (check.kind === 'resolved') return check;
  return { kind: 'failed', failure: { code: check.code, detail: check.detail, logTail: [] } };
}
