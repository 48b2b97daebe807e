import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { joinDrivers } from '#server/drivers/join-drivers.ts';
import { createProcessDriver } from '#server/drivers/process/process-driver.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import type { HostCapabilities } from '#server/environments/host-capabilities.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';

export interface DriversOptions {
  dataDir: DataDir;
  capabilities: Pick<HostCapabilities, 'docker' | 'gpus'>;
  /** Of the Docker engine; null on a host that has none and never had. */
  dockerSocket: string | null;
  /** Where commands are looked for; the PATH of instances. */
  searchPath: string | undefined;
  installationId: string;
  /** Folders that containers may be given to read, besides models and stored files. */
  readableFolders: readonly string[];
  external: RuntimeDriver;
  /** What runs programs and nothing else does, for tests; processes and containers of this host where nothing is given. */
  programs?: RuntimeDriver | undefined;
  logger: Logger;
}

/** Everything that runs instances on this host, as one driver. */
export async function composeDrivers(options: DriversOptions): Promise<RuntimeDriver> {
  const { programs, external } = options;
  if (programs !== undefined) return joinDrivers({ process: programs, docker: null, external });
  return joinDrivers({
    process: composeProcessDriver(options),
    docker: await composeDockerDriver(options),
    external,
  });
}

function composeProcessDriver({ dataDir, logger, searchPath }: DriversOptions): RuntimeDriver {
  return createProcessDriver({
    ...(searchPath !== undefined && { searchPath }),
    instancesDir: dataDir.instances,
    logsDir: dataDir.logs,
    clock: systemClock,
    onError: (what, error) => logger.warn({ err: error }, what),
  });
}

/**
 * Also where no engine answers now: containers outlive the control plane, and one that starts while the engine is down must not take them for gone.
 * Loaded only where it is used: the client of the engine takes 32 MiB.
 */
async function composeDockerDriver(options: DriversOptions): Promise<RuntimeDriver | null> {
  const { dataDir, capabilities, dockerSocket, installationId, readableFolders, logger } = options;
  if (dockerSocket === null) return null;
  const { createDockerDriver } = await import('#server/drivers/docker/docker-driver.ts');
  return createDockerDriver({
    engineHost: `unix://${dockerSocket}`,
    installationId,
    folder: containersFolder(dataDir.root),
    mountRoots: [dataDir.models, dataDir.files, ...readableFolders],
    listGpus: async () => capabilities.gpus.map((_gpu, index) => String(index)),
    clock: systemClock,
    onError: (what, error) => logger.warn({ err: error }, what),
  });
}

/** The engine's socket, where there is one or containers of an earlier run may be left. */
export function findDockerSocket(socket: string, { root }: DataDir): string | null {
  return existsSync(socket) || existsSync(containersFolder(root)) ? socket : null;
}

const containersFolder = (root: string): string => join(root, 'containers');
