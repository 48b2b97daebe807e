import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeRows, rollUpRows } from './roll-up.ts';
import {
  encodeResource,
  encodeUp,
  readCapacity,
  readTraffic,
  readUp,
  TrafficTally,
  type RollUpRow,
} from './roll-up-row.ts';
import { seriesKey, UP_KEY } from './series-key.ts';

const [BASE_MS, MINUTE_MS, HOUR_MS] = [10_000, 60_000, 3_600_000];

const trafficRow = fc
  .record({
    bucket: fc.nat(719),
    deployment: fc.constantFrom('blue', 'green'),
    durations: fc.array(fc.nat(5_000_000), { minLength: 1, maxLength: 5 }),
  })
  .map(({ bucket, deployment, durations }): RollUpRow => {
    const tally = new TrafficTally();
    for (const durationUs of durations) {
      tally.count += 1;
      tally.durationUs += durationUs;
      tally.histograms.duration.record(durationUs);
    }
    return { bucketMs: bucket * BASE_MS, key: seriesKey({ kind: 'traffic', deployment }), payload: tally.encode() };
  });
const upRow = fc
  .nat(719)
  .map((bucket): RollUpRow => ({ bucketMs: bucket * BASE_MS, key: UP_KEY, payload: encodeUp(1) }));
const rows = fc.array(fc.oneof(trafficRow, upRow), { maxLength: 40 });

const canonical = (set: readonly RollUpRow[]) =>
  set.toSorted((a, b) => a.bucketMs - b.bucketMs || (a.key.id < b.key.id ? -1 : 1));

test('increments merge to the same rows in any order and grouping', () => {
  fc.assert(
    fc.property(rows, rows, rows, (a, b, c) => {
      const whole = canonical(mergeRows(a, b, c));
      expect(canonical(mergeRows(mergeRows(c, b), a))).toEqual(whole);
      expect(canonical(mergeRows(whole))).toEqual(whole);
    }),
  );
});

test('hours rolled up from minutes are those rolled up from 10 s, and no request is lost', () => {
  fc.assert(
    fc.property(rows, (input) => {
      const base = mergeRows(input);
      const direct = canonical(rollUpRows(base, BASE_MS, HOUR_MS));
      expect(canonical(rollUpRows(rollUpRows(base, BASE_MS, MINUTE_MS), MINUTE_MS, HOUR_MS))).toEqual(direct);
      const count = (set: readonly RollUpRow[]): number =>
        set.reduce(
          (sum, { key, payload }) => sum + (key.kind === 'traffic' ? readTraffic(payload, 0, payload.length).count : 0),
          0,
        );
      expect(count(direct)).toBe(count(input));
      const buckets = new Set(input.filter(({ key }) => key.kind === 'up').map(({ bucketMs }) => bucketMs));
      const listened = direct
        .filter(({ key }) => key.kind === 'up')
        .reduce((sum, { payload }) => sum + readUp(payload), 0);
      expect(listened).toBe(buckets.size);
    }),
  );
});

test('instances that ran one after the other are not counted together', () => {
  const gauge = { sum: 1, max: 1 };
  const payload = encodeResource({ count: 1, cpuPercent: gauge, memoryBytes: gauge, memoryPercent: gauge });
  const row = (bucketMs: number, instance: string): RollUpRow => ({
    bucketMs,
    key: seriesKey({ kind: 'resource', endpoint: 'iris', deployment: 'blue', instance }),
    payload,
  });
  const minute = rollUpRows(
    [row(0, 'old'), row(10_000, 'old'), row(20_000, 'new'), row(30_000, 'new')],
    BASE_MS,
    MINUTE_MS,
  );
  const capacity = minute.find(({ key }) => key.kind === 'capacity')!;
  expect(readCapacity(capacity.payload)).toEqual({ buckets: 4, sum: 4, max: 1 });
});
