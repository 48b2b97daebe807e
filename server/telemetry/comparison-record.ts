import type { ComparisonOutcomeKind } from '#lib/contracts/comparison-rules.ts';
import type { Excerpt } from '#lib/contracts/mirror-comparison.ts';

/** What is told of a pair that disagrees, besides that it does. */
export interface ComparisonDetail {
  requestId: string;
  /** JSON pointer to the first place that differs so. */
  path: string;
  liveStatus: number;
  mirrorStatus: number;
  request: Excerpt;
  liveAnswer: Excerpt;
  mirrorAnswer: Excerpt;
}

/** One comparison of a live answer with the answer to its copy. */
export interface ComparisonRecord {
  /** Epoch milliseconds. */
  atMs: number;
  endpoint: string;
  live: string;
  mirror: string;
  outcome: ComparisonOutcomeKind;
  /** Request sent to first byte of the answer. */
  liveMs: number;
  mirrorMs: number;
  /** Largest relative difference of two numbers; null where none was compared. */
  maxDifference: number | null;
  /** Left out where both agree, could not be compared, or where there were too many. */
  detail?: ComparisonDetail;
}

/** Body of `POST /ingest/comparisons`. */
export interface ComparisonBatch {
  version: 1;
  /** Unique per life of a gateway worker. */
  source: string;
  /** Rises by one per batch of a source, so that repeats show. */
  sequence: number;
  /** Comparisons thrown away since the last batch. */
  dropped: number;
  records: ComparisonRecord[];
}
