import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endProcesses, markedProcesses, ownerMarkOf } from '#server/drivers/process/process-group.ts';
import {
  censusOf,
  countEntries,
  createKillCycles,
  type KillCycles,
  killPointsOf,
  STRIDE,
  takeCensus,
} from './kill-cycles.ts';

/** Points tried of each kind of change; every one takes half an hour. */
const SAMPLED_POINTS = 6;

describe('a control plane that is killed', () => {
  let cycles: KillCycles;

  beforeEach(async () => {
    cycles = await createKillCycles('processes');
  });

  afterEach(async () => {
    const ownerMark = ownerMarkOf(cycles.dataDir.instances);
    for (const { instanceId } of markedProcesses(ownerMark)) {
      await endProcesses({ instanceId, ownerMark, leader: null, graceMs: 0 });
    }
    await rm(cycles.dataDir.root, { recursive: true, force: true });
  });

  function pointsOf(total: number): number[] {
    expect(total).toBeGreaterThan(20);
    return killPointsOf(total, SAMPLED_POINTS);
  }

  /** Everything that could be there twice, be missing or be left over. */
  async function census() {
    const { dataDir } = cycles;
    const processes = markedProcesses(ownerMarkOf(dataDir.instances)).map(({ instanceId }) => instanceId);
    return {
      ...(await takeCensus(dataDir, processes)),
      folders: await countEntries(dataDir.instances),
      endpointsWithLogs: await countEntries(dataDir.logs),
    };
  }

  const RUNNING: Awaited<ReturnType<typeof census>> = { ...censusOf(2), folders: 2, endpointsWithLogs: 1 };
  const NOTHING: typeof RUNNING = { ...censusOf(0), folders: 0, endpointsWithLogs: 0 };

  const longest = STRIDE === null ? 180_000 : 3_600_000;

  test(
    'while it creates or deletes converges to what is wanted, each instance once',
    { timeout: longest },
    async () => {
      const creating = (await cycles.run('first', 0)) ?? 0;
      expect(await census()).toEqual(RUNNING);
      const deleting = (await cycles.run('delete', 0)) ?? 0;
      expect(await census()).toEqual(NOTHING);
      for (const point of pointsOf(Math.max(creating, deleting))) {
        await cycles.runWithKill('first', point);
        expect(await census()).toEqual(RUNNING);
        await cycles.runWithKill('delete', point);
        expect(await census()).toEqual(NOTHING);
      }
    },
  );

  test('while it updates leaves only the new version', { timeout: longest }, async () => {
    await cycles.run('first', 0);
    const updating = (await cycles.run('second', 0)) ?? 0;
    for (const point of pointsOf(updating)) {
      await cycles.runWithKill(`version-${point}`, point);
      expect(await census()).toEqual(RUNNING);
    }
  });
});
