import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accrueCost, type CostGroup, type InstanceUse, type PriceStep, runRateMicrosPerHour } from './accrue-cost.ts';
import { listPeriods } from './periods.ts';

const HOUR = 3_600_000;
const start = Date.UTC(2026, 2, 12);
const use = (over: Partial<InstanceUse> = {}): InstanceUse => ({
  endpoint: 'fraud',
  deployment: 'blue',
  instanceType: 'cpu-1',
  startedAt: start,
  stoppedAt: start + HOUR,
  ...over,
});
const price = (pricePerHourMicros: number, effectiveFrom = 0, instanceType = 'cpu-1'): PriceStep => ({
  instanceType,
  effectiveFrom,
  pricePerHourMicros,
});
const whole = {
  from: start,
  to: start + 24 * HOUR,
  granularity: 'total' as const,
  groupBy: ['deployment'] as CostGroup[],
  now: start + 24 * HOUR,
};

describe('accrued cost', () => {
  test('an hour costs the price of an hour', () => {
    expect(accrueCost([use()], [price(169_000)], whole).totalMicros).toBe(169_000);
  });

  test('a price change in the middle charges each part at its own price', () => {
    const { rows, totalMicros } = accrueCost([use()], [price(100_000), price(200_000, start + HOUR / 4)], whole);
    expect(totalMicros).toBe(175_000);
    expect(rows[0]?.parts.map((part) => [part.pricePerHourMicros, part.instanceMs])).toEqual([
      [100_000, HOUR / 4],
      [200_000, (3 * HOUR) / 4],
    ]);
  });

  test('a running instance is charged up to now and not into the future', () => {
    const question = { ...whole, now: start + HOUR / 2 };
    expect(accrueCost([use({ stoppedAt: null })], [price(100_000)], question).totalMicros).toBe(50_000);
  });

  test('time before the first price is charged at the first price', () => {
    expect(accrueCost([use()], [price(100_000, start + HOUR / 2)], whole).totalMicros).toBe(100_000);
  });

  test('an instance type without a price costs nothing but its time is counted', () => {
    const { rows, totalMicros } = accrueCost([use({ instanceType: 'unknown' })], [price(100_000)], whole);
    expect(totalMicros).toBe(0);
    expect(rows.map((row) => row.instanceMs)).toEqual([HOUR]);
  });

  test('days and months are cut at UTC boundaries', () => {
    const periods = listPeriods(Date.UTC(2026, 0, 31, 23), Date.UTC(2026, 2, 1, 1), 'month');
    expect(periods.map((period) => new Date(period.end).toISOString())).toEqual([
      '2026-02-01T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
      '2026-03-01T01:00:00.000Z',
    ]);
  });

  test('the run rate counts what holds capacity at the instant, at the price in force', () => {
    const uses = [
      use({ stoppedAt: null }),
      use({ deployment: 'green', stoppedAt: null }),
      use({ stoppedAt: start + 1 }),
    ];
    expect(runRateMicrosPerHour(uses, [price(100_000), price(200_000, start + HOUR)], start + 2 * HOUR)).toBe(400_000);
  });
});

const instants = fc.integer({ min: 0, max: 100 * HOUR });
const anyUse = fc.record({
  endpoint: fc.constantFrom('a', 'b'),
  deployment: fc.constantFrom('blue', 'green'),
  instanceType: fc.constantFrom('cpu-1', 'cpu-2'),
  startedAt: instants,
  stoppedAt: fc.option(instants),
});
const anyPrice = fc.record({
  instanceType: fc.constantFrom('cpu-1', 'cpu-2'),
  effectiveFrom: instants,
  pricePerHourMicros: fc.integer({ min: 0, max: 100_000_000 }),
});
const question = { from: 0, to: 100 * HOUR, now: 90 * HOUR };

test('rows always sum to the total, and the total is the same for every granularity and grouping', () => {
  const groupings: CostGroup[][] = [[], ['endpoint'], ['endpoint', 'deployment', 'instance_type']];
  fc.assert(
    fc.property(
      fc.array(anyUse, { maxLength: 8 }),
      fc.uniqueArray(anyPrice, { maxLength: 6, selector: (p) => `${p.instanceType}${p.effectiveFrom}` }),
      (uses, prices) => {
        const totals = (['hour', 'day', 'total'] as const).flatMap((granularity) =>
          groupings.map((groupBy) => {
            const { rows, totalMicros } = accrueCost(uses, prices, { ...question, granularity, groupBy });
            expect(rows.reduce((sum, row) => sum + row.costMicros, 0)).toBe(totalMicros);
            return totalMicros;
          }),
        );
        expect(new Set(totals).size).toBe(1);
      },
    ),
    { numRuns: 200 },
  );
});
