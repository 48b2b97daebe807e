const SECOND = 1000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** Bucket of time in which records are first counted. */
export const BASE_BUCKET_MS = 10 * SECOND;

/** Unit of compaction: blocks of every resolution cover one such hour. */
export const BLOCK_MS = HOUR;

/** A width of buckets, for how long it is kept, and how much time one file of it covers. */
export interface Resolution {
  name: '10s' | '1m' | '1h';
  widthMs: number;
  sliceMs: number;
  retentionMs: number;
}

/** Finest first. Each width divides the next, and files cover whole hours. */
export const DEFAULT_RESOLUTIONS: readonly Resolution[] = [
  { name: '10s', widthMs: BASE_BUCKET_MS, sliceMs: HOUR, retentionMs: DAY },
  { name: '1m', widthMs: 60 * SECOND, sliceMs: DAY, retentionMs: 14 * DAY },
  { name: '1h', widthMs: HOUR, sliceMs: 7 * DAY, retentionMs: 93 * DAY },
];

export function floorTo(instantMs: number, widthMs: number): number {
  return Math.floor(instantMs / widthMs) * widthMs;
}
