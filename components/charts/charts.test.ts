import fc from 'fast-check';
import { expect, describe, test } from 'vitest';
import { countTicks, timeTicks, valueTicks } from './axis-ticks.ts';
import { chartsToCsv, toCsv } from './chart-csv.ts';
import { type ChartSeries, largestValue } from './chart-series.ts';
import { summarise } from './chart-summary.ts';
import { clusterEvents } from './event-lane.tsx';
import { spreadLabels } from './plot-geometry.ts';
import { samplesAt } from './plot-overlay.tsx';
import { gapsOf, gridOf, idleBandsOf, ratesOf, statsOf, valuesOn } from './time-grid.ts';

const START = Date.parse('2026-03-12T11:00:00Z');
const grid = { startMs: START, stepMs: 10_000, count: 6, completeToMs: START + 50_000 };
const series = (values: (number | null)[], extra: Partial<ChartSeries> = {}): ChartSeries => ({
  id: 'a',
  label: 'p95',
  look: { shape: 'line', colour: 'red' },
  values,
  ...extra,
});
const at = (text: string): number => Date.parse(text);

describe('axes', () => {
  test.each([
    [0, [0, 1]],
    [0.9, [0, 0.25, 0.5, 0.75, 1]],
    [42, [0, 20, 40, 60]],
    [523, [0, 200, 400, 600]],
    [1, [0, 0.25, 0.5, 0.75, 1]],
  ])('values up to %d stand at round numbers', (max, ticks) => expect(valueTicks(max)).toEqual(ticks));
  test.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [10, [0, 4, 8, 12]],
  ])('counts up to %d have no fractions', (max, ticks) => {
    const actual = countTicks(max);
    expect(actual.every(Number.isInteger)).toBe(true);
    expect(actual.at(-1)).toBeGreaterThanOrEqual(max);
    if (max < 5) expect(actual).toEqual(ticks);
  });
  test('times stand at round clock times of the zone', () => {
    const ticks = timeTicks(
      { fromMs: at('2026-03-12T05:04:00Z'), toMs: at('2026-03-12T11:04:00Z') },
      7,
      'Asia/Kolkata',
    );
    expect(ticks.map((tick) => new Date(tick).toISOString())).toEqual([
      '2026-03-12T05:30:00.000Z',
      '2026-03-12T06:30:00.000Z',
      '2026-03-12T07:30:00.000Z',
      '2026-03-12T08:30:00.000Z',
      '2026-03-12T09:30:00.000Z',
      '2026-03-12T10:30:00.000Z',
    ]);
  });
  test('days stand at midnights, also across a clock change', () => {
    const ticks = timeTicks(
      { fromMs: at('2026-03-27T12:00:00Z'), toMs: at('2026-03-31T12:00:00Z') },
      6,
      'Europe/Berlin',
    );
    expect(ticks.map((tick) => new Date(tick).toISOString())).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
      '2026-03-30T22:00:00.000Z',
    ]);
  });
});

describe('buckets', () => {
  const result = {
    metric: 'Requests',
    unit: 'count',
    step_seconds: 10,
    complete_to_ms: START + 50_000,
    series: [
      {
        labels: { deployment: 'blue' },
        points: [
          [START, 20],
          [START + 10_000, null],
        ] as [number, number | null][],
      },
      {
        labels: { deployment: 'green' },
        points: [
          [START + 20_000, 0],
          [START + 30_000, 40],
        ] as [number, number | null][],
      },
    ],
  };
  test('results of ranges that are apart share one grid', () => {
    const shared = gridOf([result])!;
    expect(shared).toEqual({ startMs: START, stepMs: 10_000, count: 4, completeToMs: START + 50_000 });
    expect(valuesOn(shared, result.series[0])).toEqual([20, null, null, null]);
    expect(valuesOn(shared, result.series[1])).toEqual([null, null, 0, 40]);
  });
  test('nobody listened is a gap, nobody called is not', () => {
    const counts = [
      [5, null, 0, 0, 3, 1],
      [1, null, 0, null, 2, null],
    ];
    expect(gapsOf(grid, counts, START + 90_000)).toEqual([{ fromMs: START + 10_000, toMs: START + 20_000 }]);
    expect(gapsOf(grid, counts, START + 90_000, START + 20_000)).toEqual([]);
    expect(idleBandsOf(grid, counts)).toEqual([{ fromMs: START + 20_000, toMs: START + 40_000 }]);
  });
  test('the bucket that still fills is divided by its age', () => {
    const rates = ratesOf(grid, [10, 20, null, 0, 40, 9], START + 50_000 + 5_000);
    expect(rates).toEqual([1, 2, null, 0, 4, 2]);
    expect(ratesOf(grid, [10, 20, null, 0, 40, 9], START + 51_000).at(-1)).toBeNull();
  });
  test('figures leave the unfinished bucket out', () => {
    expect(statsOf(grid, series([1, 2, null, 4, 5, 100]))).toEqual({ last: 5, mean: 3, max: 5, min: 1 });
  });
});

test('stacked series count together, others by themselves', () => {
  const stacked = [series([1, 2], { id: 'a', stack: 's' }), series([3, null], { id: 'b', stack: 's' })];
  expect(largestValue([...stacked, series([3.5, 1], { id: 'c' })])).toBe(4);
});

test('the summary says range, ends and gaps', () => {
  const text = summarise(
    grid,
    [series([1, 9, null, 4, 5, 7])],
    [{ fromMs: START, toMs: START + 600_000 }],
    (value) => ({ value: String(value), unit: 'ms' }),
    { locale: 'en-GB', timeZone: 'UTC' },
  );
  expect(text).toBe('From 11:00 to 11:01. p95: last 5 ms, lowest 1 ms, highest 9 ms at 11:00. No data 11:00 to 11:10.');
});

test('an export has a line for each value and disarms formulas', () => {
  const csv = chartsToCsv([
    {
      metric: 'Latency',
      unit: 'ms',
      grid: { ...grid, count: 2 },
      series: [series([1.5, null], { samples: [3, 0], deployment: 'blue' })],
    },
  ]);
  expect(csv.split('\r\n')).toEqual([
    'timestamp_iso,zone,deployment,metric,series,unit,value,n',
    '2026-03-12T11:00:00.000Z,UTC,blue,Latency,p95,ms,1.5,3',
    '2026-03-12T11:00:10.000Z,UTC,blue,Latency,p95,ms,,0',
    '',
  ]);
  expect(toCsv([['=1+1', 'a "b", c', '-5']])).toBe(`'=1+1,"a ""b"", c",-5\r\n`);
});

test('events that would cover each other share a mark', () => {
  const event = (id: string, second: number) => ({
    id,
    atMs: START + second * 1000,
    kind: 'deploy' as const,
    label: id,
    text: id,
    slot: 1,
    href: null,
  });
  const clusters = clusterEvents(
    [event('b', 2), event('a', 1), event('c', 40)],
    { fromMs: START, toMs: START + 60_000 },
    600,
  );
  expect(clusters.map(({ events, hasText }) => [events.map(({ id }) => id), hasText])).toEqual([
    [['a', 'b'], false],
    [['c'], true],
  ]);
});

describe('names at the ends of lines', () => {
  const height = 160;
  const places = fc
    .array(fc.double({ min: 0, max: height, noNaN: true }), { maxLength: 12 })
    .map((ys) => ys.toSorted((a, b) => a - b));
  test('none covers another and none leaves the plot', () => {
    fc.assert(
      fc.property(places, (wanted) => {
        const placed = spreadLabels(wanted, height);
        expect(placed).toHaveLength(wanted.length);
        for (const [index, y] of placed.entries()) {
          expect(y).toBeLessThanOrEqual(height);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(y - (placed[index - 1] ?? -Infinity)).toBeGreaterThan(12.99);
        }
      }),
    );
  });
  test('one with room around it stays at its line', () =>
    expect(spreadLabels([20, 80, 140], height)).toEqual([20, 80, 140]));
  test('lines near zero are named above the axis, the higher one higher', () =>
    expect(spreadLabels([150, 158, 159, 160], height)).toEqual([121, 134, 147, 160]));
});

test('the box of the crosshair counts the requests of percentiles once, and those of deployments together', () => {
  const samples = [7, 0];
  expect(samplesAt([series([1, null], { samples }), series([2, null], { samples })], 0)).toBe(7);
  const deployments = ['blue', 'green'].map((deployment) => series([1, null], { samples, deployment }));
  expect(samplesAt(deployments, 0)).toBe(14);
  expect(samplesAt([series([1, 2])], 0)).toBeUndefined();
});
