import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataDirPaths, type DataDir } from '#server/kernel/data-dir.ts';
import { type Database, openDatabase } from '#server/store/database.ts';
import { findDeployment } from '#server/store/deployment-store.ts';
import { listAllInstances, listCapacityIntervals } from '#server/store/instance-store.ts';
import { listOperations } from '#server/store/operation-store.ts';
import { CONVERGE_KEY } from './intents.ts';
import { runUntilKilled } from './run-until-killed.ts';

const ENTRY = join(import.meta.dirname, 'converge-once.ts');

/** `VIRIDIAN_EVERY_KILL_POINT=1` tries every point, `=10` every tenth; left out, tests try a few. */
const asked = Number(process.env['VIRIDIAN_EVERY_KILL_POINT'] ?? 0);
export const STRIDE = Number.isInteger(asked) && asked > 0 ? asked : null;

/** Control planes over one data directory, each a process that may be killed at a point. */
export interface KillCycles {
  dataDir: DataDir;
  /** Runs the control plane until it rests or is killed; returns the points it passed, null when it was killed. */
  run(intent: string, killAt: number): Promise<number | null>;
  /** Carries an intent out with a kill at a point, followed by a start that is left alone. */
  runWithKill(intent: string, killAt: number): Promise<void>;
}

export async function createKillCycles(kind: 'processes' | 'containers'): Promise<KillCycles> {
  const dataDir = dataDirPaths(await mkdtemp(join(tmpdir(), 'viridian-converge-')));
  const run: KillCycles['run'] = (intent, killAt) =>
    runUntilKilled(ENTRY, [dataDir.root, kind, intent, String(killAt)]);
  return {
    dataDir,
    run,
    async runWithKill(intent, killAt) {
      if ((await run(intent, killAt)) === null) await run('none', 0);
    },
  };
}

/** The points to try of a change that passes so many: all of them, every so many, or a few from its first to its last. */
export function killPointsOf(total: number, few: number): number[] {
  const stride = STRIDE ?? Math.ceil(total / few);
  return Array.from({ length: Math.ceil(total / stride) }, (_, index) => 1 + index * stride);
}

/**
 * What the store says, beside the instances that are really there.
 * @param running instance ids of everything that runs
 */
export async function takeCensus(dataDir: DataDir, running: readonly string[]) {
  const database = openDatabase(dataDir.database);
  try {
    return await countIn(database, dataDir, running);
  } finally {
    database.close();
  }
}

async function countIn(database: Database, dataDir: DataDir, running: readonly string[]) {
  const deployment = await findDeployment(database, CONVERGE_KEY);
  const rows = await listAllInstances(database);
  const intervals = await listCapacityIntervals(database, { from: 0, to: Number.MAX_SAFE_INTEGER });
  const operations = await listOperations(database, { limit: 1000 });
  const wanted = rows.filter(({ specHash, state }) => specHash === deployment?.specHash && state === 'ready');
  return {
    deployment: deployment && `${deployment.provisioningState}, ${deployment.readyInstances} ready`,
    running: running.length,
    instancesThatRun: new Set(running).size,
    rows: rows.length,
    rowsReadyAsWantedThatRun: wanted.filter(({ id }) => running.includes(id)).length,
    runningCosts: intervals.filter(({ stoppedAt }) => stoppedAt === null).length,
    operationsThatDidNotSucceed: operations.filter(({ status }) => status !== 'succeeded').length,
  };
}

/** What the census of a deployment at rest says. */
export function censusOf(instances: number): Awaited<ReturnType<typeof takeCensus>> {
  return {
    deployment: instances === 0 ? null : `Succeeded, ${instances} ready`,
    running: instances,
    instancesThatRun: instances,
    rows: instances,
    rowsReadyAsWantedThatRun: instances,
    runningCosts: instances,
    operationsThatDidNotSucceed: 0,
  };
}

/** How many entries a folder has; one that is not there has none. */
export async function countEntries(folder: string): Promise<number> {
  return (await readdir(folder).catch(() => [])).length;
}
