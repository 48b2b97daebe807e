import { listPeriods, type Granularity, type Period } from './periods.ts';

/** Time during which an instance held capacity; from `instance_events`. Epoch milliseconds. */
export interface InstanceUse {
  endpoint: string;
  deployment: string;
  instanceType: string;
  startedAt: number;
  /** Null while it holds capacity. */
  stoppedAt: number | null;
}

/** A price of an instance type, in force until the next one of the same type. */
export interface PriceStep {
  instanceType: string;
  effectiveFrom: number;
  pricePerHourMicros: number;
}

export type CostGroup = 'endpoint' | 'deployment' | 'instance_type';

export interface CostQuestion {
  from: number;
  to: number;
  granularity: Granularity;
  groupBy: readonly CostGroup[];
  /** What is still running is charged up to here and no further. */
  now: number;
}

/** What one price made of a row. */
export interface PricedPart extends PriceStep {
  instanceMs: number;
}

export interface AccruedRow {
  period: Period;
  labels: Partial<Record<CostGroup, string>>;
  costMicros: number;
  instanceMs: number;
  parts: PricedPart[];
}

export interface AccruedCost {
  rows: AccruedRow[];
  totalMicros: number;
}

const MS_PER_HOUR = 3_600_000n;

interface OpenRow extends Omit<AccruedRow, 'costMicros'> {
  /** Cost as an exact fraction: micro-units × milliseconds per hour. */
  numerator: bigint;
}

/**
 * Charges every instance for the time it held capacity, at the price in force then: `time × price per hour`. Sums are exact fractions; money is
 * rounded once, in the total, and shared out among the rows by largest remainder, so that the rows always sum to the total.
 */
export function accrueCost(
  uses: readonly InstanceUse[],
  prices: readonly PriceStep[],
  question: CostQuestion,
): AccruedCost {
  const rows = new Map<string, OpenRow>();
  const stepsByType = groupSteps(prices);
  for (const period of listPeriods(question.from, Math.min(question.to, question.now), question.granularity)) {
    for (const use of uses) {
      const held = overlap(period, { start: use.startedAt, end: use.stoppedAt ?? question.now });
      if (held === null) continue;
      const row = openRow(rows, period, use, question.groupBy);
      row.instanceMs += held.end - held.start;
      for (const part of splitAtPrices(held, stepsByType.get(use.instanceType) ?? [])) addPart(row, part);
    }
  }
  return closeRows([...rows.values()]);
}

/** Micro-units per hour of everything that holds capacity at an instant. */
export function runRateMicrosPerHour(uses: readonly InstanceUse[], prices: readonly PriceStep[], at: number): number {
  const stepsByType = groupSteps(prices);
  return uses
    .filter((use) => use.startedAt <= at && (use.stoppedAt === null || use.stoppedAt > at))
    .reduce((sum, use) => sum + (priceAt(stepsByType.get(use.instanceType) ?? [], at)?.pricePerHourMicros ?? 0), 0);
}

/** The price in force; before the first one it is the first, since somebody who adds a price means what already runs too. */
export function priceAt(steps: readonly PriceStep[], at: number): PriceStep | undefined {
  return steps.findLast((step) => step.effectiveFrom <= at) ?? steps[0];
}

function groupSteps(prices: readonly PriceStep[]): Map<string, PriceStep[]> {
  const ordered = prices.toSorted((a, b) => a.effectiveFrom - b.effectiveFrom);
  return Map.groupBy(ordered, (step) => step.instanceType);
}

function overlap(a: Period, b: Period): Period | null {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : null;
}

function splitAtPrices(held: Period, steps: readonly PriceStep[]): PricedPart[] {
  const parts: PricedPart[] = [];
  for (let start = held.start; start < held.end;) {
    const step = priceAt(steps, start);
    const next = steps.find(({ effectiveFrom }) => effectiveFrom > start);
    const end = Math.min(held.end, next?.effectiveFrom ?? held.end);
    if (step !== undefined) parts.push({ ...step, instanceMs: end - start });
    start = end;
  }
  return parts;
}

function openRow(rows: Map<string, OpenRow>, period: Period, use: InstanceUse, groupBy: readonly CostGroup[]): OpenRow {
  const values: Record<CostGroup, string> = {
    endpoint: use.endpoint,
    deployment: use.deployment,
    instance_type: use.instanceType,
  };
  const labels = Object.fromEntries(groupBy.map((group) => [group, values[group]]));
  const key = JSON.stringify([period.start, labels]);
  const existing = rows.get(key);
  if (existing !== undefined) return existing;
  const row: OpenRow = { period, labels, instanceMs: 0, parts: [], numerator: 0n };
  rows.set(key, row);
  return row;
}

function addPart(row: OpenRow, part: PricedPart): void {
  row.numerator += BigInt(part.instanceMs) * BigInt(part.pricePerHourMicros);
  const same = row.parts.find(
    (one) => one.instanceType === part.instanceType && one.effectiveFrom === part.effectiveFrom,
  );
  if (same === undefined) row.parts.push(part);
  else same.instanceMs += part.instanceMs;
}

function closeRows(rows: readonly OpenRow[]): AccruedCost {
  const exact = rows.reduce((sum, row) => sum + row.numerator, 0n);
  const total = (exact + MS_PER_HOUR / 2n) / MS_PER_HOUR;
  const floors = rows.map((row) => row.numerator / MS_PER_HOUR);
  let left = Number(total - floors.reduce((sum, floor) => sum + floor, 0n));
  const byRemainder = rows
    .map((row, index) => ({ index, remainder: row.numerator % MS_PER_HOUR }))
    .toSorted((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  const extra = new Set<number>();
  for (const { index } of byRemainder) {
    if (left === 0) break;
    extra.add(index);
    left -= 1;
  }
  const closed = rows.map(({ numerator: _, ...row }, index) => ({
    ...row,
    costMicros: Number(floors[index] ?? 0n) + Number(extra.has(index)),
  }));
  return { rows: closed, totalMicros: Number(total) };
}
