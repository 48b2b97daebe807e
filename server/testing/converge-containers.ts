import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import { ensureInstallationId } from '#server/commands/ensure-installation-id.ts';
import { EMPTY_DEFINITION } from '#server/domain/environment.ts';
import { createDockerDriver } from '#server/drivers/docker/docker-driver.ts';
import { createBuildStore } from '#server/environments/build-store.ts';
import { createImageBuilder } from '#server/environments/image/image-builder.ts';
import { imageConfig } from '#server/environments/image/image-settings.ts';
import { pythonConfig } from '#server/environments/python-settings.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { parseConfig } from '#server/kernel/config.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import { findEnvironmentVersion, insertEnvironmentVersion } from '#server/store/environment-store.ts';
import type { IntentParts, IntentStand } from './intents.ts';
import { DOCKER_HOST } from './require-docker.ts';

const PORT = 8000;
const ENVIRONMENT = 'converge';
const ENGINE_SOCKET = DOCKER_HOST.slice('unix://'.length);

export const containersFolder = ({ root }: DataDir): string => join(root, 'containers');
export const buildsFolder = ({ environments }: DataDir): string => join(environments, 'builds');

/** Containers of the engine that tests use. Every version is an image of its own, built from a Dockerfile. */
export const containerStand: IntentStand = {
  async compose({ database, dataDir, logger }) {
    const installationId = await ensureInstallationId({ database });
    const store = createBuildStore({ folder: buildsFolder(dataDir), clock: systemClock, logger });
    await store.start();
    return {
      driver: createDockerDriver({
        engineHost: DOCKER_HOST,
        installationId,
        folder: containersFolder(dataDir),
        mountRoots: [],
        listGpus: async () => [],
        measureGpus: async () => [],
        clock: systemClock,
        onError: (what, error) => logger.error({ err: error }, what),
      }),
      environments: createImageBuilder({
        socketPath: ENGINE_SOCKET,
        store,
        credentials: async () => null,
        settings: parseConfig({ ...pythonConfig, ...imageConfig }, {}),
        servingRequirements: [],
        workDir: join(dataDir.environments, 'work'),
        installationId,
        clock: systemClock,
        logger,
      }),
    };
  },
  async describe(parts, version): Promise<DeploymentWrite> {
    await registerVersion(parts, version);
    return {
      environment: `azureml:${ENVIRONMENT}:${version}`,
      environment_variables: { VERSION: version },
      instance_type: 'cpu-1',
    };
  },
};

async function registerVersion({ database, dataDir }: IntentParts, version: string): Promise<void> {
  if ((await findEnvironmentVersion(database, ENVIRONMENT, version)) !== null) return;
  const route = (path: string) => ({ path, port: PORT });
  const definition = {
    ...EMPTY_DEFINITION,
    build: { files: storeBuildContext(dataDir, version), dockerfilePath: 'Dockerfile' },
    inferenceConfig: {
      liveness_route: route('/live'),
      readiness_route: route('/ready'),
      scoring_route: route('/score'),
    },
  };
  const words = { anonymous: false, description: '', tags: {}, properties: {} };
  await database.transact((transaction) =>
    insertEnvironmentVersion(transaction, { name: ENVIRONMENT, version, definition, ...words }),
  );
}

/** The step that runs makes the engine start a container of its own. */
function storeBuildContext(dataDir: DataDir, version: string): string {
  const dockerfile = [
    'FROM debian:bookworm-slim',
    'COPY model.py /app/model.py',
    `RUN chmod 0644 /app/model.py && echo ${buildMark(dataDir)} ${version} > /app/version`,
    'CMD ["python3", "/app/model.py"]',
    '',
  ].join('\n');
  const files = createHash('sha256').update(dockerfile).digest('hex');
  const folder = join(dataDir.files, files);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(import.meta.dirname, 'container-model.py'), join(folder, 'model.py'));
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  return files;
}

/** Stands in the commands of this data directory's build containers, by which alone they can be told from those of others. */
export const buildMark = ({ root }: DataDir): string => createHash('sha256').update(root).digest('hex').slice(0, 16);
