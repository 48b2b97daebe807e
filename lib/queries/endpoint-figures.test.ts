import { expect, test } from 'vitest';
import type { MetricsResult } from '#lib/contracts/metrics.ts';
import { deriveEndpointFigures, totalFigures } from './endpoint-figures.ts';

const MINUTE = 60_000;

function result(series: MetricsResult['series'], complete = 10 * MINUTE, step = 60): MetricsResult {
  return { metric: 'm', unit: 'u', step_seconds: step, series, complete_to_ms: complete };
}

const labels = { endpoint: 'iris' };

test('the rate counts the newest three measured buckets over the time since the first of them began', () => {
  const values = [null, 600, 60, 0, 120, 30];
  const figures = deriveEndpointFigures(
    {
      rate: result([
        {
          labels,
          points: values.map((value, index): [number, number | null] => [index * MINUTE, value]),
          samples: values.map((value) => value ?? 0),
        },
      ]),
      p95: undefined,
      errors: undefined,
    },
    5.5 * MINUTE,
  );
  expect(figures.get('iris')?.ratePerSecond).toBeCloseTo(150 / 150);
  expect(figures.get('iris')?.spark).toEqual(values);
});

test('before anything was measured the rate is unknown, not zero', () => {
  const rate = result([{ labels, points: [[0, null]], samples: [0] }]);
  expect(
    deriveEndpointFigures({ rate, p95: undefined, errors: undefined }, MINUTE).get('iris')?.ratePerSecond,
  ).toBeNull();
});

test('p95 is that of the newest span with requests, never a mean of percentiles', () => {
  const figures = deriveEndpointFigures(
    {
      rate: undefined,
      p95: result([
        {
          labels,
          points: [
            [0, 900],
            [1, 180],
            [2, null],
          ],
        },
      ]),
      errors: undefined,
    },
    MINUTE,
  );
  expect(figures.get('iris')?.p95Ms).toBe(180);
});

test('the error share of a range weighs each bucket by its requests', () => {
  const figures = deriveEndpointFigures(
    {
      rate: undefined,
      p95: undefined,
      errors: result([
        {
          labels,
          points: [
            [0, 1],
            [1, 0],
            [2, null],
          ],
          samples: [1, 99, 0],
        },
      ]),
    },
    MINUTE,
  );
  expect(figures.get('iris')).toMatchObject({ errorRatio: 0.01, requests: 100 });
});

test('totals add up and name the slowest endpoint', () => {
  const figures = new Map([
    ['a', { ratePerSecond: 1, spark: [1, 2], p95Ms: 40, errorRatio: 0, requests: 300 }],
    ['b', { ratePerSecond: 2, spark: [3, null], p95Ms: 90, errorRatio: 0.1, requests: 100 }],
    ['c', { ratePerSecond: null, spark: [], p95Ms: null, errorRatio: null, requests: 0 }],
  ]);
  expect(totalFigures(figures)).toEqual({
    ratePerSecond: 3,
    requests: 400,
    failed: 10,
    errorRatio: 0.025,
    slowest: { endpoint: 'b', p95Ms: 90 },
    spark: [4, 2],
  });
});
