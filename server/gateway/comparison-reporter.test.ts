import { describe, expect, it, onTestFinished } from 'vitest';
import type { ComparisonBatch, ComparisonRecord } from '#server/telemetry/comparison-record.ts';
import { ComparisonReporter, type ComparisonReporterOptions } from './comparison-reporter.ts';
import type { BatchOutcome } from './record.ts';

function start(options: Partial<ComparisonReporterOptions> = {}) {
  const batches: ComparisonBatch[] = [];
  const telemetry: { says: BatchOutcome } = { says: 'arrived' };
  const reporter = new ComparisonReporter({
    source: 'worker',
    async send(batch) {
      batches.push(structuredClone(batch));
      return telemetry.says;
    },
    ...options,
  });
  onTestFinished(async () => {
    telemetry.says = 'refused';
    await reporter.stop();
  });
  return { reporter, batches, telemetry };
}

function record(atMs: number, isDetailed = false): ComparisonRecord {
  const excerpt = { text: '{}', bytes: 2, is_whole: true };
  const answers = { request: excerpt, liveAnswer: excerpt, mirrorAnswer: excerpt };
  const detail = { requestId: String(atMs), path: '', liveStatus: 200, mirrorStatus: 200, ...answers };
  const pair = { endpoint: 'iris', live: 'blue', mirror: 'shadow', liveMs: 1, mirrorMs: 1, maxDifference: null };
  return { atMs, ...pair, outcome: isDetailed ? 'label' : 'agreed', ...(isDetailed && { detail }) };
}

const times = ({ records }: ComparisonBatch): number[] => records.map(({ atMs }) => atMs);

describe('what came of comparisons', () => {
  it('is sent by itself after a while, in batches of a size', async () => {
    const { reporter, batches } = start({ flushIntervalMs: 1, batchSize: 2 });
    for (let at = 0; at < 5; at += 1) reporter.record(record(at));
    await expect.poll(() => batches.map(times)).toEqual([[0, 1], [2, 3], [4]]);
    expect(batches.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(reporter.pending).toBe(0);
  });

  it('is sent again as it was until telemetry has it', async () => {
    const { reporter, batches, telemetry } = start();
    telemetry.says = 'away';
    reporter.record(record(0));
    await reporter.flush();
    reporter.record(record(1));
    telemetry.says = 'arrived';
    await reporter.flush();
    expect(batches.map((batch) => [batch.sequence, ...times(batch)])).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it('is kept up to a number while telemetry is away; the oldest go and are counted', async () => {
    const { reporter, batches } = start({ capacity: 3 });
    for (let at = 0; at < 5; at += 1) reporter.record(record(at));
    reporter.drop();
    await reporter.flush();
    expect(batches).toMatchObject([{ dropped: 3 }]);
    expect(times(batches[0]!)).toEqual([2, 3, 4]);
  });

  it('tells what the answers were of the newest only', async () => {
    const { reporter, batches } = start({ detailed: 2 });
    for (let at = 0; at < 4; at += 1) reporter.record(record(at, true));
    await reporter.flush();
    expect(batches[0]?.records.map(({ detail }) => detail?.requestId)).toEqual([undefined, undefined, '2', '3']);
  });

  it('that telemetry refuses is given up and counted', async () => {
    const { reporter, batches, telemetry } = start();
    telemetry.says = 'refused';
    reporter.record(record(0));
    await reporter.flush();
    telemetry.says = 'arrived';
    reporter.record(record(1));
    await reporter.flush();
    expect(batches.at(-1)).toMatchObject({ sequence: 1, dropped: 1 });
  });
});
