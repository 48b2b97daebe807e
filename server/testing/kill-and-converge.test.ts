import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dataDirPaths, type DataDir } from '#server/kernel/data-dir.ts';
import { endProcesses, markedProcesses, ownerMarkOf } from '#server/drivers/process/process-group.ts';
import { openDatabase } from '#server/store/database.ts';
import { findDeployment } from '#server/store/deployment-store.ts';
import { listAllInstances, listCapacityIntervals } from '#server/store/instance-store.ts';
import { listOperations } from '#server/store/operation-store.ts';
import { CONVERGE_KEY } from './intents.ts';
import { runUntilKilled } from './run-until-killed.ts';

/** Points tried of each kind of change; `VIRIDIAN_EVERY_KILL_POINT=1` tries every one, which takes half an hour. */
const SAMPLED_POINTS = 6;
const EVERY_POINT = process.env['VIRIDIAN_EVERY_KILL_POINT'] === '1';

const ENTRY = join(import.meta.dirname, 'converge-once.ts');

describe('a control plane that is killed', () => {
  let dataDir: DataDir;

  beforeEach(async () => {
    dataDir = dataDirPaths(await mkdtemp(join(tmpdir(), 'viridian-converge-')));
  });

  afterEach(async () => {
    const ownerMark = ownerMarkOf(dataDir.instances);
    for (const { instanceId } of markedProcesses(ownerMark)) {
      await endProcesses({ instanceId, ownerMark, leader: null, graceMs: 0 });
    }
    await rm(dataDir.root, { recursive: true, force: true });
  });

  /** Runs the control plane until it rests or is killed; returns the points it passed, null when it was killed. */
  const run = (intent: string, killAt: number): Promise<number | null> =>
    runUntilKilled(ENTRY, [dataDir.root, intent, String(killAt)]);

  /** Carries an intent out with a kill at a point, followed by a start that is left alone. */
  async function runWithKill(intent: string, killAt: number): Promise<void> {
    if ((await run(intent, killAt)) === null) await run('none', 0);
  }

  /** The points to try of a change that passes so many. */
  function pointsOf(total: number): number[] {
    expect(total).toBeGreaterThan(20);
    const stride = EVERY_POINT ? 1 : Math.ceil(total / SAMPLED_POINTS);
    return Array.from({ length: Math.ceil(total / stride) }, (_, index) => 1 + index * stride);
  }

  /** Everything that could be there twice, be missing or be left over. */
  async function census() {
    const processes = markedProcesses(ownerMarkOf(dataDir.instances)).map(({ instanceId }) => instanceId);
    const database = openDatabase(dataDir.database);
    const deployment = await findDeployment(database, CONVERGE_KEY);
    const rows = await listAllInstances(database);
    const intervals = await listCapacityIntervals(database, { from: 0, to: Number.MAX_SAFE_INTEGER });
    const operations = await listOperations(database, { limit: 1000 });
    database.close();
    const wanted = rows.filter(({ specHash, state }) => specHash === deployment?.specHash && state === 'ready');
    return {
      deployment: deployment && `${deployment.provisioningState}, ${deployment.readyInstances} ready`,
      processes: processes.length,
      instancesWithAProcess: new Set(processes).size,
      rows: rows.length,
      rowsReadyAsWantedWithTheirProcess: wanted.filter(({ id }) => processes.includes(id)).length,
      folders: (await readdir(dataDir.instances)).length,
      endpointsWithLogs: (await readdir(dataDir.logs)).length,
      runningCosts: intervals.filter(({ stoppedAt }) => stoppedAt === null).length,
      operationsThatDidNotSucceed: operations.filter(({ status }) => status !== 'succeeded').length,
    };
  }

  const RUNNING: Awaited<ReturnType<typeof census>> = {
    deployment: 'Succeeded, 2 ready',
    processes: 2,
    instancesWithAProcess: 2,
    rows: 2,
    rowsReadyAsWantedWithTheirProcess: 2,
    folders: 2,
    endpointsWithLogs: 1,
    runningCosts: 2,
    operationsThatDidNotSucceed: 0,
  };

  const NOTHING: typeof RUNNING = {
    deployment: null,
    processes: 0,
    instancesWithAProcess: 0,
    rows: 0,
    rowsReadyAsWantedWithTheirProcess: 0,
    folders: 0,
    endpointsWithLogs: 0,
    runningCosts: 0,
    operationsThatDidNotSucceed: 0,
  };

  const longest = EVERY_POINT ? 3_600_000 : 180_000;

  test(
    'while it creates or deletes converges to what is wanted, each instance once',
    { timeout: longest },
    async () => {
      const creating = (await run('first', 0)) ?? 0;
      expect(await census()).toEqual(RUNNING);
      const deleting = (await run('delete', 0)) ?? 0;
      expect(await census()).toEqual(NOTHING);
      for (const point of pointsOf(Math.max(creating, deleting))) {
        await runWithKill('first', point);
        expect(await census()).toEqual(RUNNING);
        await runWithKill('delete', point);
        expect(await census()).toEqual(NOTHING);
      }
    },
  );

  test('while it updates leaves only the new version', { timeout: longest }, async () => {
    await run('first', 0);
    const updating = (await run('second', 0)) ?? 0;
    for (const point of pointsOf(updating)) {
      await runWithKill(`version-${point}`, point);
      expect(await census()).toEqual(RUNNING);
    }
  });
});
