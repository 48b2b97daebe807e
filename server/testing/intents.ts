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
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import { openDatabase, type Database } from '#server/store/database.ts';
import { findEndpoint, insertEndpoint } from '#server/store/endpoint-store.ts';
import { listRunningOperations } from '#server/store/operation-store.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { allRuntimes } from './no-environments.ts';
import { NO_EXTERNALS } from './no-externals.ts';
import { eventually } from './eventually.ts';
import { withKillPoints } from './kill-points.ts';

export const CONVERGE_KEY: DeploymentKey = { endpointName: 'iris', name: 'blue' };

/** Images are built and containers started, on a host that may be busy. */
const REST_MS = 60_000;

const HOST = { cpuCount: 2, memoryMib: 4096, gpuCount: 0 };

/** What a control plane of a test is made of. */
export interface IntentParts {
  database: Database;
  dataDir: DataDir;
  logger: Logger;
}

/** Where a deployment runs, and what it is. */
export interface IntentStand {
  compose(parts: IntentParts): Promise<{ driver: RuntimeDriver; environments: EnvironmentBuilder }>;
  /** A version of the deployment; its count is the intent's to say. */
  describe(parts: IntentParts, version: string): Promise<DeploymentWrite>;
}

export interface IntentRun {
  dataDirRoot: string;
  /**
   * What to ask for: a version to deploy and how many instances of it, as `first` (two) or `first:4`; `delete`; or `none` to carry on with what was
   * asked for before.
   */
  intent: string;
  stand: IntentStand;
  /** Called when the intent is stored: from here on everything is the control plane's own doing. */
  onIntended: () => void;
}

/** Runs a whole control plane until nothing is under way any more. */
export async function runIntent(run: IntentRun): Promise<void> {
  const dataDir = ensureDataDir(run.dataDirRoot);
  const database = withKillPoints(openDatabase(dataDir.database));
  const parts = { database, dataDir, logger: createLogger('converge', 'error') };
  const controlPlane = createControlPlane({
    ...parts,
    ...(await run.stand.compose(parts)),
    paths: {
      modelsDir: dataDir.models,
      filesDir: dataDir.files,
      onnxServer: ['none'],
      pythonServerDir: '/nowhere',
    },
    gatewaySocket: dataDir.gatewaySocket,
    routeTablePath: dataDir.routeTable,
    clock: systemClock,
    recordSample: () => undefined,
  });
  await intend(parts, run);
  run.onIntended();
  await controlPlane.start();
  await eventually(() => isAtRest(database), 'rest', REST_MS);
  await controlPlane.stop();
  database.close();
}

async function intend(parts: IntentParts, { intent, stand }: IntentRun): Promise<void> {
  const { database } = parts;
  if (intent === 'none') return;
  if ((await findEndpoint(database, CONVERGE_KEY.endpointName)) === null) {
    await seedInstanceTypes({ database, host: HOST });
    await database.transact((tx) => insertEndpoint(tx, CONVERGE_KEY.endpointName, PLAIN_ENDPOINT));
  }
  if (intent === 'delete') {
    await deleteDeployment({ database }, SYSTEM_ACTOR, { key: CONVERGE_KEY, precondition: NO_PRECONDITION });
    return;
  }
  const [version = '', count = '2'] = intent.split(':');
  const described = await stand.describe(parts, version);
  const written = { ...described, instance_type: 'cpu-1', instance_count: Number(count) };
  const command = { key: CONVERGE_KEY, written, allTraffic: false, precondition: NO_PRECONDITION };
  await putDeployment({ database, host: HOST, runtimes: allRuntimes, externals: NO_EXTERNALS }, SYSTEM_ACTOR, command);
}

async function isAtRest(database: Database): Promise<boolean> {
  const operations = await listRunningOperations(database);
  const leaving = (await listAllInstances(database)).filter(({ desired }) => desired === 'remove');
  return operations.length === 0 && leaving.length === 0;
}
