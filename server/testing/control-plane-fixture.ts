import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#server/kernel/clock.ts';
import { ensureDataDir, type DataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { NO_PRECONDITION } from '#server/commands/check-precondition.ts';
import { deleteDeployment } from '#server/commands/delete-deployment.ts';
import { putDeployment } from '#server/commands/put-deployment.ts';
import { seedInstanceTypes } from '#server/commands/seed-instance-types.ts';
import { createControlPlane, type ControlPlane } from '#server/control-plane/control-plane.ts';
import { createFakeDriver, type FaultOf } from '#server/drivers/fake/fake-driver.ts';
import { createFakeWorld, type FakeWorld } from '#server/drivers/fake/fake-world.ts';
import { openDatabase, type Database } from '#server/store/database.ts';
import { findDeployment } from '#server/store/deployment-store.ts';
import { insertEndpoint } from '#server/store/endpoint-store.ts';
import { listInstances } from '#server/store/instance-store.ts';
import { findOperation } from '#server/store/operation-store.ts';
import { PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { eventually } from './eventually.ts';
import { startFakeGateway, type FakeGateway } from './fake-gateway.ts';
import { createFakeBuilder, type FakeBuilder } from './fake-builder.ts';
import { allRuntimes } from './no-environments.ts';
import { NO_EXTERNALS } from './no-externals.ts';

const HOST = { cpuCount: 2, memoryMib: 4096, gpuCount: 0 };
const ENDPOINT = 'iris';

/** A control plane with a real database over a fake world and a fake gateway, and the commands that tests give it. */
export interface ControlPlaneFixture {
  dataDir: DataDir;
  database: Database;
  world: FakeWorld;
  /** Builds environments when a test says so. */
  builder: FakeBuilder;
  gateway: FakeGateway;
  controlPlane: ControlPlane;
  /** Stored intents; each returns the id of its operation. */
  put(
    name: string,
    script: readonly string[],
    change?: Partial<DeploymentWrite>,
    allTraffic?: boolean,
  ): Promise<string>;
  remove(name: string): Promise<string>;
  deployment(name: string): Promise<DeploymentRecord | null>;
  instances(name?: string): Promise<InstanceRecord[]>;
  /** Waits for the end of an operation. */
  ended(operationId: string): Promise<OperationRecord>;
  /** Stops the control plane as a restart would, and starts another over the same world. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function createControlPlaneFixture(faultOf?: FaultOf): Promise<ControlPlaneFixture> {
  const dataDir = ensureDataDir(await mkdtemp(join(tmpdir(), 'viridian-control-')));
  const database = openDatabase(dataDir.database);
  const gateway = await startFakeGateway(dataDir.gatewaySocket);
  const world = createFakeWorld(systemClock);
  const builder = createFakeBuilder();
  await seedInstanceTypes({ database, host: HOST });
  await database.transact((tx) => insertEndpoint(tx, ENDPOINT, PLAIN_ENDPOINT));
  const startControlPlane = async (): Promise<ControlPlane> => {
    const controlPlane = createControlPlane({
      database,
      driver: createFakeDriver(world, faultOf),
      environments: builder,
      paths: {
        modelsDir: dataDir.models,
        filesDir: dataDir.files,
        onnxServer: ['fake'],
        pythonServerDir: '/nowhere',
      },
      gatewaySocket: dataDir.gatewaySocket,
      routeTablePath: dataDir.routeTable,
      clock: systemClock,
      logger: createLogger('test', 'fatal'),
      recordSample: () => undefined,
    });
    await controlPlane.start();
    return controlPlane;
  };
  let controlPlane = await startControlPlane();
  const keyOf = (name: string) => ({ endpointName: ENDPOINT, name });

  return {
    dataDir,
    database,
    world,
    builder,
    gateway,
    get controlPlane() {
      return controlPlane;
    },
    async put(name, script, change = {}, allTraffic = false) {
      const written = { command: ['fake', ...script], instance_type: 'cpu-1', ...change };
      const command = { key: keyOf(name), written, allTraffic, precondition: NO_PRECONDITION };
      const context = { database, host: HOST, runtimes: allRuntimes, externals: NO_EXTERNALS };
      return (await putDeployment(context, SYSTEM_ACTOR, command)).operation.id;
    },
    async remove(name) {
      return (await deleteDeployment({ database }, SYSTEM_ACTOR, { key: keyOf(name), precondition: NO_PRECONDITION }))
        .id;
    },
    deployment: (name) => findDeployment(database, keyOf(name)),
    instances: (name) => listInstances(database, ENDPOINT, name),
    ended: (id) =>
      eventually(async () => {
        const operation = await findOperation(database, id);
        return operation !== null && operation.status !== 'running' ? operation : null;
      }, `the end of ${id}`),
    async restart() {
      await controlPlane.stop();
      controlPlane = await startControlPlane();
    },
    async close() {
      await controlPlane.stop();
      await gateway.close();
      await world.close();
      database.close();
      await rm(dataDir.root, { recursive: true, force: true });
    },
  };
}
