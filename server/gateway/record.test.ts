import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RECORD, RECORD_WIDTH, type RequestBatch } from '#server/telemetry/request-record.ts';
import { type BatchOutcome, type FinishedRequest, RequestRecorder } from './record.ts';

function finished(status: number): FinishedRequest {
  return {
    endpoint: null,
    deployment: null,
    instanceId: '',
    startedAt: performance.now(),
    queueMs: 1.5,
    modelMs: 2.25,
    status,
    reason: 'no_route',
    bytesIn: 10,
    bytesOut: 20,
    mirrored: false,
    pinned: true,
    retried: false,
  };
}

function recorder(outcome: () => BatchOutcome, more: { capacity?: number; batchSize?: number } = {}) {
  const batches: RequestBatch[] = [];
  const created = new RequestRecorder({
    source: 'test',
    send: async (batch) => {
      const result = outcome();
      if (result === 'arrived') batches.push(batch);
      return result;
    },
    ...more,
  });
  return { batches, recorder: created };
}

function statuses({ records }: RequestBatch): number[] {
  return [...records].filter((_, index) => index % RECORD_WIDTH === RECORD.status);
}

describe('request records', () => {
  it('are batches as telemetry reads them, numbered one after the other', async () => {
    const { batches, recorder: one } = recorder(() => 'arrived');
    one.record(finished(404));
    await one.flush();
    one.record(finished(200));
    await one.flush();
    expect(batches.map((batch) => batch.sequence)).toEqual([0, 1]);
    expect(batches[0]?.targets).toEqual([['', '', '']]);
    const [target, , duration, queueUs, modelUs, status, , bytesIn, bytesOut, flags] = batches[0]?.records ?? [];
    expect([target, queueUs, modelUs, status, bytesIn, bytesOut, flags]).toEqual([0, 1500, 2250, 404, 10, 20, 2]);
    expect(duration).toBeGreaterThanOrEqual(0);
  });

  it('of one batch keep their order and numbers however many there are', async () => {
    const { batches, recorder: one } = recorder(() => 'arrived');
    const sent = Array.from({ length: 1_000 }, (_, index) => 200 + (index % 300));
    for (const status of sent) one.record(finished(status));
    await one.flush();
    expect(batches.flatMap(statuses)).toEqual(sent);
  });

  it('wait in memory while telemetry is away and arrive in order when it is back', async () => {
    let outcome: BatchOutcome = 'away';
    const { batches, recorder: one } = recorder(() => outcome);
    for (const status of [201, 202, 203]) {
      one.record(finished(status));
      await one.flush();
    }
    expect(one.pending).toBe(3);
    outcome = 'arrived';
    await one.flush();
    expect(batches.flatMap(statuses)).toEqual([201, 202, 203]);
    expect([one.pending, batches.every((batch) => batch.dropped === 0)]).toEqual([0, true]);
  });

  it('are offered less often while telemetry is away', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let attempts = 0;
    const { recorder: one } = recorder(() => {
      attempts += 1;
      return 'away';
    });
    one.record(finished(200));
    one.start();
    await vi.advanceTimersByTimeAsync(200 * 60);
    expect(attempts).toBe(10);
    await one.stop();
  });

  it('are bounded: the oldest are dropped and the count is told', async () => {
    let outcome: BatchOutcome = 'away';
    const { batches, recorder: one } = recorder(() => outcome, { capacity: 10, batchSize: 2 });
    for (let i = 0; i < 30; i += 1) one.record(finished(200 + i));
    await one.flush();
    expect(one.pending).toBeLessThanOrEqual(12);
    outcome = 'arrived';
    await one.flush();
    const kept = batches.flatMap(statuses);
    expect(kept.at(-1)).toBe(229);
    expect(batches.reduce((sum, batch) => sum + batch.dropped, 0)).toBe(30 - kept.length);
  });

  it('that telemetry refuses are given up and counted', async () => {
    const outcomes: BatchOutcome[] = ['refused', 'arrived'];
    const { batches, recorder: one } = recorder(() => outcomes.shift() ?? 'arrived');
    one.record(finished(200));
    await one.flush();
    one.record(finished(201));
    await one.flush();
    expect(batches.map((batch) => [batch.sequence, batch.dropped])).toEqual([[1, 1]]);
  });
});
