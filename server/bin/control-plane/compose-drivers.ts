import { join } from 'node:path';
import { createDockerDriver } from '#server/drivers/docker/docker-driver.ts';
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
  dockerSocket: string;
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
export function composeDrivers(options: DriversOptions): RuntimeDriver {
  const { programs, external } = options;
  if (programs !== undefined) return joinDrivers({ process: programs, docker: null, external });
  return joinDrivers({ process: composeProcessDriver(options), docker: composeDockerDriver(options), external });
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
 */
function composeDockerDriver(options: DriversOptions): RuntimeDriver {
  const { dataDir, capabilities, dockerSocket, installationId, readableFolders, logger } = options;
  return createDockerDriver({
    engineHost: `unix://${dockerSocket}`,
    installationId,
    folder: join(dataDir.root, 'containers'),
    mountRoots: [dataDir.models, dataDir.files, ...readableFolders],
    listGpus: async () => capabilities.gpus.map((_gpu, index) => String(index)),
    clock: systemClock,
    onError: (what, error) => logger.warn({ err: error }, what),
  });
}
