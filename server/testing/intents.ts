import { systemClock } from '#server/kernel/clock.ts';
import { ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import { NO_PRECONDITION } from '#server/commands/check-precondition.ts';
import { deleteDeployment } from '#server/commands/delete-deployment.ts';
import { putDeployment } from '#server/commands/put-deployment.ts';
import { seedInstanceTypes } from '#server/commands/seed-instance-types.ts';
import { createControlPlane } from '#server/control-plane/control-plane.ts';
import { createProcessDriver } from '#server/drivers/process/process-driver.ts';
import { openDatabase, type Database } from '#server/store/database.ts';
import { findEndpoint, insertEndpoint } from '#server/store/endpoint-store.ts';
import { listRunningOperations } from '#server/store/operation-store.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { noEnvironments, noRuntimes } from './no-environments.ts';
import { NO_EXTERNALS } from './no-externals.ts';
import { eventually } from './eventually.ts';
import { withKillPoints } from './kill-points.ts';

export const CONVERGE_KEY: DeploymentKey = { endpointName: 'iris', name: 'blue' };

const HOST = { cpuCount: 2, memoryMib: 4096, gpuCount: 0 };

export interface IntentRun {
  dataDirRoot: string;
  /** What to ask for: a version to deploy, `delete`, or `none` to carry on with what was asked for before. */
  intent: string;
  /** Script that serves. */
  program: string;
  /** Called when the intent is stored: from here on everything is the control plane's own doing. */
  onIntended: () => void;
}

/** Runs a whole control plane until nothing is under way any more. */
export async function runIntent(run: IntentRun): Promise<void> {
  const dataDir = ensureDataDir(run.dataDirRoot);
  const database = withKillPoints(openDatabase(dataDir.database));
  const logger = createLogger('converge', 'error');
  const driver = createProcessDriver({
    instancesDir: dataDir.instances,
    logsDir: dataDir.logs,
    clock: systemClock,
    onError: (what, error) => logger.error({ err: error }, what),
  });
  const controlPlane = createControlPlane({
    database,
    driver,
    environments: noEnvironments,
    paths: {
      modelsDir: dataDir.models,
      filesDir: dataDir.files,
      onnxServer: [process.execPath, run.program],
      pythonServerDir: '/nowhere',
    },
    gatewaySocket: dataDir.gatewaySocket,
    routeTablePath: dataDir.routeTable,
    clock: systemClock,
    logger,
    recordSample: () => undefined,
  });
  await intend(database, run);
  run.onIntended();
  await controlPlane.start();
  await eventually(() => isAtRest(database), 'rest');
  await controlPlane.stop();
  database.close();
}

async function intend(database: Database, { intent, program }: IntentRun): Promise<void> {
  if (intent === 'none') return;
  if ((await findEndpoint(database, CONVERGE_KEY.endpointName)) === null) {
    await seedInstanceTypes({ database, host: HOST });
    await database.transact((tx) => insertEndpoint(tx, CONVERGE_KEY.endpointName, PLAIN_ENDPOINT));
  }
  if (intent === 'delete') {
    await deleteDeployment({ database }, SYSTEM_ACTOR, { key: CONVERGE_KEY, precondition: NO_PRECONDITION });
    return;
  }
  const written = {
    command: [process.execPath, program],
    environment_variables: { MODEL_VERSION: intent },
    instance_type: 'cpu-1',
    instance_count: 2,
  };
  const command = { key: CONVERGE_KEY, written, allTraffic: false, precondition: NO_PRECONDITION };
  await putDeployment({ database, host: HOST, runtimes: noRuntimes, externals: NO_EXTERNALS }, SYSTEM_ACTOR, command);
}

async function isAtRest(database: Database): Promise<boolean> {
  const operations = await listRunningOperations(database);
  const leaving = (await listAllInstances(database)).filter(({ desired }) => desired === 'remove');
  return operations.length === 0 && leaving.length === 0;
}
