import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { NO_PRECONDITION } from '#server/commands/check-precondition.ts';
import { deleteDeployment } from '#server/commands/delete-deployment.ts';
import { ensureInstallationId } from '#server/commands/ensure-installation-id.ts';
import { putDeployment } from '#server/commands/put-deployment.ts';
import { seedInstanceTypes } from '#server/commands/seed-instance-types.ts';
import { type ControlPlane, createControlPlane } from '#server/control-plane/control-plane.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import { ownRepository } from '#server/environments/image/collect-images.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { type DataDir, ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { type Database, openDatabase } from '#server/store/database.ts';
import { insertEndpoint } from '#server/store/endpoint-store.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { listRunningOperations } from '#server/store/operation-store.ts';
import { PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { containerStand } from '#server/testing/converge-containers.ts';
import { eventually } from '#server/testing/eventually.ts';
import { startFakeGateway } from '#server/testing/fake-gateway.ts';
import { allRuntimes } from '#server/testing/no-environments.ts';
import { NO_EXTERNALS } from '#server/testing/no-externals.ts';

const run = promisify(execFile);

const DEPLOYMENTS = 50;
const DEPLOYMENTS_OF_AN_ENDPOINT = 10;
const INSTANCES_OF_A_DEPLOYMENT = 4;
const REST_MS = 30_000;
const PATIENCE_MS = 20 * 60_000;
const HOST = { cpuCount: 64, memoryMib: 1_000_000, gpuCount: 0 };
const MIB = 2 ** 20;

/** A few MiB each, so that it is the control plane that is measured. */
const SERVER = [
  'import socket',
  'server = socket.create_server(("", 8000), backlog=64)',
  'while True:',
  '    caller, _ = server.accept()',
  '    caller.recv(4096)',
  '    caller.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n")',
  '    caller.close()',
].join('\n');

type Note = (what: string, ms: number) => void;

interface Stand {
  database: Database;
  dataDir: DataDir;
  driver: RuntimeDriver;
  controlPlane: ControlPlane;
}

/**
 * Many containers under one control plane, which runs in this process: what 50 deployments cost while nothing happens, and how long it takes to look at
 * 200 containers, to sample them and to take them over after a restart.
 */
export async function measureManyContainers(runs: number, note: Note): Promise<void> {
  const dataDir = ensureDataDir(await mkdtemp(join(tmpdir(), 'viridian-many-')));
  const gateway = await startFakeGateway(dataDir.gatewaySocket);
  let stand = await start(dataDir);
  try {
    await seedInstanceTypes({ database: stand.database, host: HOST });
    const before = await measureRest();
    await deployAll(stand, 1);
    tellRest(before, await measureRest());
    await deployAll(stand, INSTANCES_OF_A_DEPLOYMENT);
    const count = (await stand.driver.observe()).length;
    for (let run = 0; run < runs; run += 1) {
      // What was looked at a moment ago is not looked at again.
      await sleep(1_100);
      note(`look at ${count} containers`, await timed(() => stand.driver.observe()));
      note(`sample of ${count} containers`, await timed(() => stand.driver.sample()));
      await stop(stand);
      note(`start with ${count} containers → taken over`, await timed(async () => (stand = await start(dataDir))));
      note(`first pass over ${count} containers`, await timed(() => stand.controlPlane.idle()));
    }
  } finally {
    await removeAll(stand);
    await stop(stand);
    await removeImages(dataDir);
    await gateway.close();
    await rm(dataDir.root, { recursive: true, force: true });
  }
}

async function start(dataDir: DataDir): Promise<Stand> {
  const database = openDatabase(dataDir.database);
  const parts = { database, dataDir, logger: createLogger('bench', 'error') };
  const composed = await containerStand.compose(parts);
  const controlPlane = createControlPlane({
    ...parts,
    ...composed,
    paths: { modelsDir: dataDir.models, filesDir: dataDir.files, onnxServer: [], pythonServerDir: '/nowhere' },
    gatewaySocket: dataDir.gatewaySocket,
    routeTablePath: dataDir.routeTable,
    clock: systemClock,
    recordSample: () => undefined,
  });
  await controlPlane.start();
  return { database, dataDir, driver: composed.driver, controlPlane };
}

async function stop({ controlPlane, database }: Stand): Promise<void> {
  await controlPlane.stop();
  database.close();
}

const keys: readonly DeploymentKey[] = Array.from({ length: DEPLOYMENTS }, (_, index) => ({
  endpointName: `many-${Math.floor(index / DEPLOYMENTS_OF_AN_ENDPOINT)}`,
  name: `d${index % DEPLOYMENTS_OF_AN_ENDPOINT}`,
}));

async function deployAll(stand: Stand, instances: number): Promise<void> {
  const { database } = stand;
  const context = { database, host: HOST, runtimes: allRuntimes, externals: NO_EXTERNALS };
  const described = await containerStand.describe(partsOf(stand), 'one');
  const written = {
    ...described,
    command: ['python3', '-S', '-c', SERVER],
    instance_count: instances,
  };
  for (const key of keys) {
    if (key.name === 'd0' && instances === 1) {
      await database.transact((transaction) => insertEndpoint(transaction, key.endpointName, PLAIN_ENDPOINT));
    }
    await putDeployment(context, SYSTEM_ACTOR, { key, written, allTraffic: false, precondition: NO_PRECONDITION });
  }
  await atRest(stand, DEPLOYMENTS * instances);
}

const partsOf = ({ database, dataDir }: Stand) => ({ database, dataDir, logger: createLogger('bench', 'error') });

async function removeAll(stand: Stand): Promise<void> {
  for (const key of keys) {
    await deleteDeployment({ database: stand.database }, SYSTEM_ACTOR, { key, precondition: NO_PRECONDITION });
  }
  await atRest(stand, 0);
}

async function removeImages(dataDir: DataDir): Promise<void> {
  const database = openDatabase(dataDir.database);
  const repository = ownRepository(await ensureInstallationId({ database }));
  database.close();
  const { stdout } = await run('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}', repository]);
  const names = stdout.split('\n').filter((name) => name !== '');
  if (names.length > 0) await run('docker', ['rmi', ...names]);
}

async function atRest({ database, driver }: Stand, instances: number): Promise<void> {
  await eventually(
    async () => {
      if ((await listRunningOperations(database)).length > 0) return false;
      const [rows, seen] = [await listAllInstances(database), await driver.observe()];
      return rows.length === instances && seen.length === instances;
    },
    `${instances} instances`,
    PATIENCE_MS,
  );
}

interface Rest {
  /** Of one CPU. */
  cpuPercent: number;
  residentMib: number;
}

async function measureRest(): Promise<Rest> {
  // What was begun comes to its end.
  await sleep(REST_MS / 2);
  const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
  await sleep(REST_MS);
  const { user, system } = process.cpuUsage(cpu);
  const cpuPercent = (100 * (user + system)) / 1000 / (performance.now() - startedAt);
  globalThis.gc?.();
  return { cpuPercent, residentMib: process.memoryUsage.rss() / MIB };
}

function tellRest(before: Rest, after: Rest): void {
  const growth = (after.residentMib - before.residentMib) / DEPLOYMENTS;
  console.log(
    `${DEPLOYMENTS} deployments of one container at rest: ${after.cpuPercent.toFixed(2)} % of a CPU (aim < 2; ${before.cpuPercent.toFixed(2)} without any), ${growth.toFixed(2)} MiB each (aim < 1)`,
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
