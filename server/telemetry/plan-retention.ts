import type { Slice } from './segments.ts';

export interface RetentionLimits {
  /** Largest total of all segments. */
  diskBytes: number;
  /** Room on the disk that is left to others. */
  reserveBytes: number;
}

export interface RetentionPlan {
  /** Older than what is promised. */
  aged: Slice[];
  /** Still promised, but there is no room: finest resolution first, oldest first. */
  squeezed: Slice[];
}

/** The newest fine slices are never squeezed: the hour that is being counted is rolled up from them. */
const PROTECTED_MS = 2 * 3_600_000;

/** Decides which slices go. Pure. */
export function planRetention(
  slices: readonly Slice[],
  nowMs: number,
  freeBytes: number,
  limits: RetentionLimits,
): RetentionPlan {
  const endOf = (slice: Slice): number => slice.startMs + slice.resolution.sliceMs;
  const isAged = (slice: Slice): boolean => endOf(slice) <= nowMs - slice.resolution.retentionMs;
  const kept = slices.filter((slice) => !isAged(slice));
  const aged = slices.filter(isAged);
  const agedBytes = total(aged);
  const overBudget = total(kept) - limits.diskBytes;
  const underReserve = limits.reserveBytes - (freeBytes + agedBytes);
  let missing = Math.max(overBudget, underReserve);
  const squeezed: Slice[] = [];
  const candidates = kept
    .filter((slice) => endOf(slice) <= nowMs - PROTECTED_MS)
    .toSorted((a, b) => a.resolution.widthMs - b.resolution.widthMs || a.startMs - b.startMs);
  for (const slice of candidates) {
    if (missing <= 0) break;
    squeezed.push(slice);
    missing -= slice.bytes;
  }
  return { aged, squeezed };
}

function total(slices: readonly Slice[]): number {
  return slices.reduce((sum, slice) => sum + slice.bytes, 0);
}
