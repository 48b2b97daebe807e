import { expect, test } from 'vitest';
import {
  formatTable,
  LOAD_COLUMNS,
  loadRows,
  type Measurement,
  median,
  quantile,
  replaceBetweenMarks,
  rotate,
  summarize,
} from './gateway-figures.ts';

const run = (requestsPerSecond: number, p50Us: number, p99Us: number, cpu: number | null): Measurement => ({
  requests: 1_000,
  requestsPerSecond,
  p50Us,
  p99Us,
  p999Us: p99Us * 2,
  failures: 0,
  firstFailure: null,
  userUsPerRequest: cpu,
  systemUsPerRequest: cpu,
});

test('a quantile is the value at its nearest rank', () => {
  const values = Array.from({ length: 1_000 }, (_, index) => index + 1);
  expect([0, 0.5, 0.99, 0.999, 1].map((share) => quantile(values, share))).toEqual([1, 500, 990, 999, 1_000]);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

test('latencies are summed up in numeric order, whatever order they came in', () => {
  expect(summarize([1_000, 9, 80])).toEqual({ p50Us: 80, p99Us: 1_000, p999Us: 1_000 });
});

test('the median of an even number of rounds lies between the two in the middle', () => {
  expect(median([100, 9, 30])).toBe(30);
  expect(median([100, 9, 30, 40])).toBe(35);
  expect(median([])).toBeNaN();
});

test('every gateway comes first in turn', () => {
  expect([0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  expect(rotate([], 3)).toEqual([]);
});

test('rows hold medians, ratios to nginx in the same case and what a gateway adds to a direct call', () => {
  const label = 'small POST, 1 client';
  const rows = loadRows([
    { label, peer: 'direct', rounds: [run(20_000, 40, 60, null)] },
    { label, peer: 'viridian', rounds: [run(1, 1, 1, 1), run(12_000, 90, 300, 15), run(50_000, 900, 900, 90)] },
    { label, peer: 'nginx', rounds: [run(10_000, 100, 200, 10)] },
    { label: 'another', peer: 'viridian', rounds: [run(5, 1_000, 2_000, 5)] },
  ]);
  expect(rows).toEqual([
    [label, 'direct', '20000', '–', '–', '–', '–', '0.040', '0.060', '0.120', '–', '–'],
    [label, 'viridian', '12000', '1.20', '15.0', '15.0', '1.50', '0.090', '0.300', '0.600', '1.50', '50'],
    [label, 'nginx', '10000', '1.00', '10.0', '10.0', '1.00', '0.100', '0.200', '0.400', '1.00', '60'],
    ['another', 'viridian', '5', '–', '5.0', '5.0', '–', '1.000', '2.000', '4.000', '–', '–'],
  ]);
  for (const row of rows) expect(row).toHaveLength(LOAD_COLUMNS.length);
});

test('tables line up, words to the left and numbers to the right', () => {
  const columns = [
    { title: 'case', align: 'left' },
    { title: 'n', align: 'right' },
  ] as const;
  expect(formatTable(columns, [['small', '7'], ['x']])).toBe(
    ['| case  |   n |', '| ----- | --: |', '| small |   7 |', '| x     |     |'].join('\n'),
  );
});

test('only what stands between its own marks is replaced', () => {
  const document = 'a\n<!-- one: begin -->\nold\n<!-- one: end -->\nb\n<!-- two: begin -->\nkept\n<!-- two: end -->\n';
  expect(replaceBetweenMarks(document, 'one', 'new')).toBe(
    'a\n<!-- one: begin -->\n\nnew\n\n<!-- one: end -->\nb\n<!-- two: begin -->\nkept\n<!-- two: end -->\n',
  );
  expect(() => replaceBetweenMarks(document, 'three', 'new')).toThrow('three');
});
