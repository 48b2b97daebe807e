import { execFile } from 'node:child_process';
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

/** Points tried of each kind of change; `VIRIDIAN_EVERY_KILL_POINT=1` tries every one, which takes half an hour. */
const SAMPLED_POINTS = 6;
const EVERY_POINT = process.env['VIRIDIAN_EVERY_KILL_POINT'] === '1';
const WANTED_INSTANCES = 2;

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
  function run(intent: string, killAt: number): Promise<number | null> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [ENTRY, dataDir.root, intent, String(killAt)], (error, stdout, stderr) => {
        if (error === null) resolve(Number(stdout));
        else if (error.signal === 'SIGKILL') resolve(null);
        else reject(new Error(`The control plane failed: ${stderr}`, { cause: error }));
      });
    });
  }

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

  async function expectRunning(): Promise<void> {
    const processes = markedProcesses(ownerMarkOf(dataDir.instances));
    expect(new Set(processes.map(({ instanceId }) => instanceId)).size).toBe(WANTED_INSTANCES);
    expect(processes).toHaveLength(WANTED_INSTANCES);
    await withStore(async (database) => {
      const deployment = await findDeployment(database, CONVERGE_KEY);
      expect(deployment).toMatchObject({
        provisioningState: 'Succeeded',
        readyInstances: WANTED_INSTANCES,
        error: null,
      });
      const instances = await listAllInstances(database);
      expect(instances.map(({ id }) => id).toSorted()).toEqual(
        processes.map(({ instanceId }) => instanceId).toSorted(),
      );
      expect(instances.every(({ specHash, state }) => specHash === deployment?.specHash && state === 'ready')).toBe(
        true,
      );
      expect(await openIntervals(database)).toBe(WANTED_INSTANCES);
    });
    expect((await readdir(dataDir.instances)).length).toBe(WANTED_INSTANCES);
  }

  async function expectNothing(): Promise<void> {
    expect(markedProcesses(ownerMarkOf(dataDir.instances))).toEqual([]);
    await withStore(async (database) => {
      expect(await findDeployment(database, CONVERGE_KEY)).toBeNull();
      expect(await listAllInstances(database)).toEqual([]);
      expect(await openIntervals(database)).toBe(0);
    });
    expect(await readdir(dataDir.instances)).toEqual([]);
    expect(await readdir(dataDir.logs)).toEqual([]);
  }

  async function withStore(look: (database: ReturnType<typeof openDatabase>) => Promise<void>): Promise<void> {
    const database = openDatabase(dataDir.database);
    const operations = await listOperations(database, { limit: 1000 });
    expect(operations.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    await look(database);
    database.close();
  }

  const openIntervals = async (database: ReturnType<typeof openDatabase>): Promise<number> => {
    const intervals = await listCapacityIntervals(database, { from: 0, to: Number.MAX_SAFE_INTEGER });
    expect(new Set(intervals.map(({ instanceId }) => instanceId)).size).toBe(intervals.length);
    return intervals.filter(({ stoppedAt }) => stoppedAt === null).length;
  };

  const longest = EVERY_POINT ? 3_600_000 : 180_000;

  test(
    'while it creates or deletes converges to what is wanted, each instance once',
    { timeout: longest },
    async () => {
      const creating = (await run('first', 0)) ?? 0;
      await expectRunning();
      const deleting = (await run('delete', 0)) ?? 0;
      await expectNothing();
      for (const point of pointsOf(Math.max(creating, deleting))) {
        await runWithKill('first', point);
        await expectRunning();
        await runWithKill('delete', point);
        await expectNothing();
      }
    },
  );

  test('while it updates leaves only the new version', { timeout: longest }, async () => {
    await run('first', 0);
    const updating = (await run('second', 0)) ?? 0;
    for (const point of pointsOf(updating)) {
      await runWithKill(`version-${point}`, point);
      await expectRunning();
    }
  });
});
