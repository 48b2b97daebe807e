/** Each bucket is so much wider than the one before it: percentiles are off by 4 % at most. */
const GROWTH = 1.08;
const SMALLEST_MS = 0.01;

/** Counts by bucket; buckets below 0 hold what was faster, the bucket 0 what is less than 0.01 ms either way. */
export type DifferenceHistogram = Record<string, number>;

/** Counts a difference of two durations in milliseconds. */
export function addDifference(histogram: DifferenceHistogram, ms: number): void {
  const size = Math.abs(ms);
  const bucket =
    size < SMALLEST_MS ? 0 : Math.sign(ms) * (1 + Math.floor(Math.log(size / SMALLEST_MS) / Math.log(GROWTH)));
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

export function mergeDifferences(into: DifferenceHistogram, from: DifferenceHistogram): void {
  for (const [bucket, count] of Object.entries(from)) into[bucket] = (into[bucket] ?? 0) + count;
}

/** @returns milliseconds, or null when nothing was counted */
export function differenceAt(histogram: DifferenceHistogram, quantile: number): number | null {
  const buckets = Object.entries(histogram)
    .map(([bucket, count]) => [Number(bucket), count] as const)
    .toSorted(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.max(1, Math.ceil(total * quantile));
  for (const [bucket, count] of buckets) {
    left -= count;
    if (left <= 0) return valueOf(bucket);
  }
  return null;
}

/** The middle of a bucket. */
function valueOf(bucket: number): number {
  if (bucket === 0) return 0;
  return Math.sign(bucket) * SMALLEST_MS * GROWTH ** (Math.abs(bucket) - 0.5);
}
