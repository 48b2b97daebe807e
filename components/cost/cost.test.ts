import { describe, expect, test } from 'vitest';
import type { CostRow } from '#lib/contracts/cost.ts';
import type { MetricsResult } from '#lib/contracts/metrics.ts';
import { comparableSpan, neighbour, parseCostPeriod } from './cost-period.ts';
import {
  barsOf,
  costByBucket,
  gridOfPeriod,
  idleByBucket,
  idleCostOf,
  runningTotal,
  totalIdle,
} from './cost-series.ts';

const NOW = Date.parse('2026-03-12T11:04:00Z');
const HOUR = 3_600_000;
const iso = (span: { fromMs: number; toMs: number }) => [
  new Date(span.fromMs).toISOString(),
  new Date(span.toMs).toISOString(),
];

describe('periods', () => {
  test('without a choice it is the current month by day, or today by hour', () => {
    expect(parseCostPeriod(null, 'day', NOW).text).toBe('2026-03');
    expect(parseCostPeriod('nonsense', 'hour', NOW).text).toBe('2026-03-12');
    expect(parseCostPeriod('2026-09', 'day', NOW).text).toBe('2026-03');
  });
  test('neighbours cross years', () => {
    const january = parseCostPeriod('2026-01', 'day', NOW);
    expect(neighbour(january, -1).text).toBe('2025-12');
    expect(neighbour(parseCostPeriod('2026-02-28', 'hour', NOW), 1).text).toBe('2026-03-01');
  });
  test('a month so far is compared with the same part of the month before', () => {
    expect(iso(comparableSpan(parseCostPeriod(null, 'day', NOW), NOW))).toEqual([
      '2026-02-01T00:00:00.000Z',
      '2026-02-12T11:04:00.000Z',
    ]);
  });
});

const row = (hour: number, deployment: string, cost_micros: number): CostRow => ({
  period_start: new Date(Date.UTC(2026, 2, 12, hour)).toISOString(),
  period_end: new Date(Date.UTC(2026, 2, 12, hour + 1)).toISOString(),
  deployment,
  cost_micros,
  currency: 'USD',
  instance_seconds: 3600,
  prices: [],
});
const hourly = (labels: Record<string, string>, values: (number | null)[]) => ({
  labels,
  points: values.map((value, index) => [Date.UTC(2026, 2, 12, index), value] as [number, number | null]),
});
const result = (...series: MetricsResult['series']): MetricsResult => ({
  metric: 'Requests',
  unit: 'count',
  step_seconds: 3600,
  series,
  complete_to_ms: NOW,
});

describe('cost over time', () => {
  const period = parseCostPeriod('2026-03-12', 'hour', NOW);
  const grid = gridOfPeriod(period, NOW);
  const rows = [row(0, 'blue', 100), row(1, 'blue', 100), row(2, 'blue', 100), row(1, 'green', 50)];

  test('hours that lie ahead are not zero but nothing', () => {
    const values = costByBucket(rows, 'deployment', grid).get('blue')!;
    expect(values).toHaveLength(24);
    expect(values.slice(0, 4)).toEqual([100, 100, 100, 0]);
    expect(values.slice(11, 13)).toEqual([0, null]);
  });

  test('idle is an hour that was counted and had no call; an hour that nobody counted is not', () => {
    const idle = idleCostOf(
      rows,
      result(hourly({ deployment: 'blue' }, [5, 0, null])),
      result(hourly({}, [5, 0, null])),
    );
    expect(totalIdle(idle, 'blue')).toBe(100);
    expect(totalIdle(idle)).toBe(150);
    expect(idleByBucket(idle, 'blue', grid).slice(0, 3)).toEqual([0, 100, 0]);
  });

  test('worked and waited parts add up to the whole', () => {
    const [worked, waited] = barsOf('blue', 'blue', [100, 100, null], [0, 40, 0]);
    expect(worked?.values).toEqual([100, 60, null]);
    expect(waited?.values).toEqual([0, 40, null]);
    expect(barsOf('blue', 'blue', [100], [0])).toHaveLength(1);
  });

  test('the hour that is still filling counts with what it cost so far', () => {
    expect(new Date(grid.completeToMs).toISOString()).toBe('2026-03-12T12:00:00.000Z');
  });

  test('the running total ends where time does', () => {
    expect(
      runningTotal(
        [
          [1, 2, null],
          [3, null, null],
        ],
        { ...grid, count: 3, startMs: NOW - 2 * HOUR },
      ),
    ).toEqual([4, 6, null]);
  });
});
