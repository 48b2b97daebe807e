import { type ComparisonOutcomeKind, DISAGREEMENTS, NOT_COMPARED } from '#lib/contracts/comparison-rules.ts';
import type { MirrorTotals } from '#lib/contracts/mirror-comparison.ts';
import type { ComparisonRecord } from './comparison-record.ts';
import { addDifference, type DifferenceHistogram, differenceAt, mergeDifferences } from './difference-histogram.ts';

/** What came of the comparisons of a live deployment and a mirror in a while. */
export interface ComparisonCell {
  counts: Partial<Record<ComparisonOutcomeKind, number>>;
  /** Of those that were compared. */
  latency: DifferenceHistogram;
  maxDifference: number | null;
}

export function emptyCell(): ComparisonCell {
  return { counts: {}, latency: {}, maxDifference: null };
}

export function addToCell(cell: ComparisonCell, record: ComparisonRecord): void {
  const { outcome, maxDifference } = record;
  cell.counts[outcome] = (cell.counts[outcome] ?? 0) + 1;
  cell.maxDifference = largest(cell.maxDifference, maxDifference);
  if (!(NOT_COMPARED as readonly string[]).includes(outcome))
    addDifference(cell.latency, record.mirrorMs - record.liveMs);
}

export function mergeCell(into: ComparisonCell, from: ComparisonCell): void {
  for (const [outcome, count] of Object.entries(from.counts) as [ComparisonOutcomeKind, number][]) {
    into.counts[outcome] = (into.counts[outcome] ?? 0) + count;
  }
  mergeDifferences(into.latency, from.latency);
  into.maxDifference = largest(into.maxDifference, from.maxDifference);
}

export function presentCell({ counts, latency, maxDifference }: ComparisonCell): Omit<MirrorTotals, 'live' | 'mirror'> {
  const countsOf = <Kind extends ComparisonOutcomeKind>(kinds: readonly Kind[]) =>
    Object.fromEntries(kinds.map((kind) => [kind, counts[kind] ?? 0])) as Record<Kind, number>;
  const agreed = counts.agreed ?? 0;
  const compared = agreed + DISAGREEMENTS.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
  const [p50, p95] = [differenceAt(latency, 0.5), differenceAt(latency, 0.95)];
  return {
    compared,
    agreed,
    agreement_rate: compared === 0 ? null : agreed / compared,
    disagreed: countsOf(DISAGREEMENTS),
    not_compared: countsOf(NOT_COMPARED),
    latency_difference_ms: p50 === null || p95 === null ? null : { p50, p95 },
    max_difference: maxDifference,
  };
}

function largest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
