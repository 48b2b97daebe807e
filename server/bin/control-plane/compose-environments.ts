import { join } from 'node:path';
import type { Capability } from '#lib/contracts/info.ts';
import type { SeedEnvironment } from '#server/commands/seed-environments.ts';
import type { HostRuntimes } from '#server/domain/choose-build-runtime.ts';
import type { CheckPackages, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { RegistryProbe } from '#server/domain/registry.ts';
import type { RunProgram } from '#server/domain/trial.ts';
import { type BuildStore, createBuildStore } from '#server/environments/build-store.ts';
import { CURATED_ENVIRONMENTS } from '#server/environments/curated/curated-environments.ts';
import { createEnvironmentBuilder } from '#server/environments/environment-builder.ts';
import type { ImageBuilderOptions } from '#server/environments/image/image-builder.ts';
import type { ImageBuildSettings } from '#server/environments/image/image-settings.ts';
import { createLateBuilder } from '#server/environments/late-builder.ts';
import { createProgramRunner } from '#server/environments/create-program-runner.ts';
import { SERVING_REQUIREMENTS } from '#server/environments/serving-requirements.ts';
import { venvFolders } from '#server/environments/venv/tool-environment.ts';
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
  python: Capability;
  /** Looked at with every deployment: engines come and go. */
  docker: () => Capability;
  /** Looked at with every deployment, as it may be installed meanwhile. */
  triton: () => Capability;
  /** Of the Docker engine, whether there is one or not. */
  dockerSocket: string;
  /** There is an engine, or was one. */
  isEngineExpected: boolean;
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
  const { dataDir, settings, searchPath, logger } = options;
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
  const docker = createLateBuilder(options.isEngineExpected, () => makeImageBuilder(options, store));
  return {
    environments: createEnvironmentBuilder({ process: venvs, docker }),
    runtimes: {
      python: runtimeOf(options.python),
      get docker() {
        return runtimeOf(options.docker());
      },
      get triton() {
        return runtimeOf(options.triton());
      },
    },
    checkPackages: (definition) => checkPackages(venvs, definition),
    runProgram: createProgramRunner({
      searchPath,
      cwd: venvFolders(folder).tmp,
      runningDir: venvFolders(folder).running,
    }),
  };
}

/** Loaded only where it is used: the client of the engine takes 32 MiB. */
async function makeImageBuilder(options: EnvironmentsOptions, store: BuildStore): Promise<EnvironmentBuilder> {
  const { dataDir, dockerSocket, settings, logger } = options;
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

/** Asks a registry by way of the engine, whose client is loaded for the first question. */
export function composeRegistryProbe(dockerSocket: string): RegistryProbe {
  return {
    async test(credentials) {
      const { createRegistryProbe } = await import('#server/environments/image/registry-probe.ts');
      return createRegistryProbe(dockerSocket).test(credentials);
    },
  };
}

function runtimeOf({ available, reason, fix }: Capability): HostRuntimes['python'] {
  return { available, reason: [reason, fix].filter((text) => text !== undefined).join(' ') };
}

async function checkPackages(venvs: VenvBuilder, definition: Parameters<CheckPackages>[0]): ReturnType<CheckPackages> {
  const question = { definition: { ...definition, pythonVersion: null }, servesPython: true };
  const check = await venvs.checkRequirements(question, AbortSignal.timeout(CHECK_LIMIT_MS));
  if (check.kind === 'resolved') return check;
  return { kind: 'failed', failure: { code: check.code, detail: check.detail, logTail: [] } };
}
