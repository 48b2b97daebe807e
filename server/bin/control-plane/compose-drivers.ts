import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Addressing } from '#server/drivers/docker/addressing.ts';
import type { DockerDriver } from '#server/drivers/docker/docker-driver.ts';
import { measureGpus } from '#server/drivers/docker/gpu-use.ts';
import { listGpuIds } from '#server/drivers/docker/list-gpu-ids.ts';
import { joinDrivers } from '#server/drivers/join-drivers.ts';
import { createLateDriver, type LateDriver } from '#server/drivers/late-driver.ts';
import { createProcessDriver } from '#server/drivers/process/process-driver.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import type { RunContainer } from '#server/control-plane/trials.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';

export interface DriversOptions {
  dataDir: DataDir;
  /** Of the Docker engine, whether there is one or not. */
  dockerSocket: string;
  /** There is an engine, or was one. */
  isEngineExpected: boolean;
  /** Where commands are looked for; the PATH of instances. */
  searchPath: string | undefined;
  installationId: string;
  /** CIDR that networks of containers are cut from; ours where it is left out. */
  addressPool: string | undefined;
  /** Folders that containers may be given to read, besides models and stored files. */
  readableFolders: readonly string[];
  external: RuntimeDriver;
  /** What runs programs and nothing else does, for tests; processes and containers of this host where nothing is given. */
  programs?: RuntimeDriver | undefined;
  logger: Logger;
}

/** What runs the instances of this host. */
export interface ComposedDrivers {
  /** All of it as one driver. */
  driver: RuntimeDriver;
  docker: {
    /** The engine has been seen for the first time since the start. */
    appear(): Promise<void>;
    /** How containers are dialled; null while that is not known. */
    addressing(): Addressing | null;
    /** Runs the program of an instance that would be a container to its end. */
    runOnce: RunContainer;
  };
}

const NVIDIA_SMI = 'nvidia-smi';

const refuseContainers: RunContainer = () => Promise.reject(new Error('There are no containers here.'));

export function composeDrivers(options: DriversOptions): ComposedDrivers {
  const { programs, external } = options;
  if (programs !== undefined) {
    const driver = joinDrivers({ process: programs, docker: null, external });
    return { driver, docker: { appear: async () => undefined, addressing: () => null, runOnce: refuseContainers } };
  }
  const docker = composeDockerDriver(options);
  return {
    driver: joinDrivers({ process: composeProcessDriver(options), docker: docker.driver, external }),
    docker,
  };
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
 * Made at the start also where no engine answers then: containers outlive the control plane, and one that starts while the engine is down must not take
 * them for gone. On a host that has no engine and never had it is made when an engine appears, for its client takes 32 MiB.
 */
function composeDockerDriver(options: DriversOptions): ComposedDrivers['docker'] & { driver: LateDriver } {
  const { dataDir, dockerSocket, installationId, readableFolders, logger } = options;
  let made: DockerDriver | null = null;
  const driver = createLateDriver({
    name: 'docker',
    memoryLimitBy: 'cgroup',
    isNeededAtStart: options.isEngineExpected,
    async make() {
      const { createDockerDriver } = await import('#server/drivers/docker/docker-driver.ts');
      made = createDockerDriver({
        engineHost: `unix://${dockerSocket}`,
        installationId,
        folder: containersFolder(dataDir.root),
        mountRoots: [dataDir.models, dataDir.files, ...readableFolders],
        listGpus: () => listGpuIds(NVIDIA_SMI),
        measureGpus: () => measureGpus(NVIDIA_SMI),
        addressPool: options.addressPool,
        clock: systemClock,
        onError: (what, error) => logger.warn({ err: error }, what),
      });
      return made;
    },
  });
  return {
    driver,
    appear: driver.appear,
    addressing: () => made?.addressing ?? null,
    async runOnce(spec, run) {
      await driver.appear();
      if (made === null) throw new Error('The driver has appeared without being made.');
      return made.runOnce(spec, run);
    },
  };
}

/** There is an engine's socket, or containers of an earlier run may be left. */
export function isEngineExpected(socket: string, { root }: Pick<DataDir, 'root'>): boolean {
  return existsSync(socket) || existsSync(containersFolder(root));
}

const containersFolder = (root: string): string => join(root, 'containers');
