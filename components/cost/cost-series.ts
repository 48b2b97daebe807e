import type { ChartSeries, TimeGrid } from '#components/charts/chart-series.ts';
import type { CostRow } from '#lib/contracts/cost.ts';
import type { MetricsResult } from '#lib/contracts/metrics.ts';
import type { CostPeriod } from './cost-period.ts';

const HOUR_MS = 3_600_000;

/** The bucket that is still filling counts as complete: what it cost so far, it cost. */
export function gridOfPeriod({ by, span }: CostPeriod, knownToMs: number): TimeGrid {
  const stepMs = by === 'hour' ? HOUR_MS : 24 * HOUR_MS;
  const count = Math.round((span.toMs - span.fromMs) / stepMs);
  const begun = Math.ceil((knownToMs - span.fromMs) / stepMs);
  return { startMs: span.fromMs, stepMs, count, completeToMs: span.fromMs + begun * stepMs };
}

/** Cost in each bucket of a grid, for each value of a key of the rows. Buckets that lie ahead are null. */
export function costByBucket(
  rows: readonly CostRow[],
  key: 'deployment' | 'endpoint',
  grid: TimeGrid,
): Map<string, (number | null)[]> {
  const byName = new Map<string, (number | null)[]>();
  const ahead = Math.round((grid.completeToMs - grid.startMs) / grid.stepMs);
  for (const row of rows) {
    const name = row[key] ?? '';
    const values = byName.get(name) ?? Array.from({ length: grid.count }, (_, index) => (index < ahead ? 0 : null));
    byName.set(name, values);
    const index = Math.floor((Date.parse(row.period_start) - grid.startMs) / grid.stepMs);
    if (index >= 0 && index < grid.count) values[index] = (values[index] ?? 0) + row.cost_micros;
  }
  return byName;
}

/** Micro-units that hours cost in which a deployment ran and nobody called it, by deployment and start of the hour. */
export type IdleCost = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * Hours without a single request. Hours in which nobody counted requests are not idle but unknown, and left out.
 * @param rows hourly cost by deployment
 * @param listened hourly requests of the endpoint: null where nothing was measured
 */
export function idleCostOf(rows: readonly CostRow[], requests: MetricsResult, listened: MetricsResult): IdleCost {
  const counted = new Set((listened.series[0]?.points ?? []).filter(([, value]) => value !== null).map(([at]) => at));
  const called = new Map(
    requests.series.map((series) => [
      series.labels.deployment ?? '',
      new Set(series.points.filter(([, value]) => (value ?? 0) > 0).map(([at]) => at)),
    ]),
  );
  const idle = new Map<string, Map<number, number>>();
  for (const row of rows) {
    const name = row.deployment ?? '';
    const hour = Math.floor(Date.parse(row.period_start) / HOUR_MS) * HOUR_MS;
    if (!counted.has(hour) || called.get(name)?.has(hour)) continue;
    const hours = idle.get(name) ?? new Map<number, number>();
    idle.set(name, hours);
    hours.set(hour, (hours.get(hour) ?? 0) + row.cost_micros);
  }
  return idle;
}

export function totalIdle(idle: IdleCost, deployment?: string): number {
  let sum = 0;
  for (const [name, hours] of idle)
    if (deployment === undefined || name === deployment) for (const micros of hours.values()) sum += micros;
  return sum;
}

/** Idle cost in each bucket of a grid. */
export function idleByBucket(idle: IdleCost, deployment: string, grid: TimeGrid): number[] {
  const values = Array.from<number>({ length: grid.count }).fill(0);
  for (const [hour, micros] of idle.get(deployment) ?? []) {
    const index = Math.floor((hour - grid.startMs) / grid.stepMs);
    if (index >= 0 && index < grid.count) values[index] = (values[index] ?? 0) + micros;
  }
  return values;
}

/** Bars of one owner: the part that worked solid, the part that waited hatched above it. */
export function barsOf(
  name: string,
  colour: string,
  values: readonly (number | null)[],
  idle: readonly number[] | null,
): ChartSeries[] {
  const look = { shape: 'bar' as const, colour, fill: colour };
  if (idle === null || idle.every((value) => value === 0))
    return [{ id: name, label: name, look, stack: 'cost', values, deployment: name }];
  const waited = values.map((value, index) => (value === null ? null : Math.min(value, idle[index] ?? 0)));
  const worked = values.map((value, index) => (value === null ? null : value - (waited[index] ?? 0)));
  return [
    { id: name, label: name, look, stack: 'cost', values: worked, deployment: name },
    {
      id: `${name} idle`,
      label: `${name}, no calls`,
      look: { ...look, fill: 'var(--color-page)', hatch: true },
      stack: 'cost',
      values: waited,
      deployment: name,
    },
  ];
}

/** Sum up to the end of each bucket; null from the first bucket that lies ahead. */
export function runningTotal(values: readonly (number | null)[][], grid: TimeGrid): (number | null)[] {
  let sum = 0;
  return Array.from({ length: grid.count }, (_, index) => {
    const parts = values.map((one) => one[index] ?? null);
    if (parts.every((part) => part === null)) return null;
    sum += parts.reduce<number>((total, part) => total + (part ?? 0), 0);
    return sum;
  });
}
