import type { MetricSeries, MetricsResult } from '#lib/contracts/metrics.ts';
import type { ChartBand, ChartSeries, TimeGrid } from './chart-series.ts';

/** The grid that holds all results. They share the step; ranges that move may be a bucket apart. */
export function gridOf(results: readonly MetricsResult[]): TimeGrid | null {
  const series = results.flatMap((result) => result.series);
  const starts = series.flatMap(({ points }) => (points[0] ? [points[0][0]] : []));
  const ends = series.flatMap(({ points }) => points.slice(-1).map(([at]) => at));
  const stepMs = (results[0]?.step_seconds ?? 0) * 1000;
  if (starts.length === 0 || stepMs === 0) return null;
  const startMs = Math.min(...starts);
  return {
    startMs,
    stepMs,
    count: Math.round((Math.max(...ends) - startMs) / stepMs) + 1,
    completeToMs: Math.min(...results.map(({ complete_to_ms }) => complete_to_ms)),
  };
}

/** Values of a series on a grid; buckets that the series lacks are null. */
export function valuesOn(grid: TimeGrid, series: MetricSeries | undefined): (number | null)[] {
  return spread<number | null>(grid, series, null, (point) => series?.points[point]?.[1] ?? null);
}

/** Requests behind each value. */
export function samplesOn(grid: TimeGrid, series: MetricSeries | undefined): number[] {
  return spread(grid, series, 0, (point) => series?.samples?.[point] ?? 0);
}

function spread<Value>(
  grid: TimeGrid,
  series: MetricSeries | undefined,
  absent: Value,
  valueOf: (point: number) => Value,
): Value[] {
  const values = Array.from<Value>({ length: grid.count }).fill(absent);
  series?.points.forEach(([at], point) => {
    const index = Math.round((at - grid.startMs) / grid.stepMs);
    if (index >= 0 && index < grid.count) values[index] = valueOf(point);
  });
  return values;
}

/** Records reach telemetry this long after the request, on average. */
const DELIVERY_MS = 500;
/** A bucket younger than this holds too little to say anything about a rate. */
const MIN_AGE_MS = 2_000;

/**
 * Rates per second from counts per bucket. The bucket that is still filling is divided by the time that it has been filling, so that the newest
 * rate is neither missing nor too low.
 */
export function ratesOf(grid: TimeGrid, counts: readonly (number | null)[], nowMs: number): (number | null)[] {
  return counts.map((count, index) => {
    if (count === null) return null;
    const startMs = grid.startMs + index * grid.stepMs;
    const age = nowMs - startMs;
    if (age >= grid.stepMs) return count / (grid.stepMs / 1000);
    return age < MIN_AGE_MS ? null : count / ((age - DELIVERY_MS) / 1000);
  });
}

export function bucketStart(grid: TimeGrid, index: number): number {
  return grid.startMs + index * grid.stepMs;
}

/** The bucket that an instant lies in, within the grid. */
export function bucketAt(grid: TimeGrid, at: number): number {
  return Math.min(grid.count - 1, Math.max(0, Math.floor((at - grid.startMs) / grid.stepMs)));
}

/** Where neighbouring buckets all satisfy a test, as stretches of time. */
export function bandsWhere(grid: TimeGrid, test: (index: number) => boolean): ChartBand[] {
  const bands: ChartBand[] = [];
  for (let index = 0; index < grid.count; index += 1) {
    if (!test(index)) continue;
    const fromMs = bucketStart(grid, index);
    const last = bands.at(-1);
    if (last && last.toMs === fromMs) last.toMs = fromMs + grid.stepMs;
    else bands.push({ fromMs, toMs: fromMs + grid.stepMs });
  }
  return bands;
}

/**
 * Stretches for which nobody measured anything. A count is zero where nobody called and null where nobody listened; before `bornMs` there was
 * nothing to listen to.
 */
export function gapsOf(
  grid: TimeGrid,
  counts: readonly (readonly (number | null)[])[],
  nowMs: number,
  bornMs = 0,
): ChartBand[] {
  if (counts.length === 0) return [];
  return bandsWhere(
    grid,
    (index) =>
      bucketStart(grid, index) >= bornMs &&
      bucketStart(grid, index) < nowMs - grid.stepMs &&
      counts.every((values) => values[index] === null),
  );
}

/** Stretches that were measured and had no requests: a latency has no value there. */
export function idleBandsOf(grid: TimeGrid, counts: readonly (readonly (number | null)[])[]): ChartBand[] {
  if (counts.length === 0) return [];
  return bandsWhere(grid, (index) => {
    const known = counts.map((values) => values[index] ?? null).filter((value) => value !== null);
    return known.length > 0 && known.every((value) => value === 0);
  });
}

export interface SeriesStats {
  last: number | null;
  mean: number | null;
  max: number | null;
  min: number | null;
}

/**
 * Figures of the legend, over complete buckets; of a forecast over all. A mean of percentiles would be none, so means of values with samples are left to metrics that may
 * be averaged: the caller says so.
 */
export function statsOf(grid: TimeGrid, series: Pick<ChartSeries, 'values' | 'isForecast'>): SeriesStats {
  const complete = series.isForecast ? grid.count : Math.floor((grid.completeToMs - grid.startMs) / grid.stepMs);
  const values = series.values.slice(0, Math.max(0, complete)).filter((value) => value !== null);
  if (values.length === 0)
    return { last: series.values.findLast((value) => value !== null) ?? null, mean: null, max: null, min: null };
  return {
    last: values.at(-1) ?? null,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    max: Math.max(...values),
    min: Math.min(...values),
  };
}
