import { formatInstant } from '#server/kernel/clock.ts';

export interface OpenRange {
  /** RFC 3339. */
  from?: string | undefined;
  to?: string | undefined;
}

/**
 * A range of time with what the caller left out: it ends now, and begins `spanMs` before its end. An end that is no time is left to whoever reads
 * the range to refuse.
 */
export function fillRange<Query extends OpenRange>(
  query: Query,
  nowMs: number,
  spanMs: number,
): Query & { from: string; to: string } {
  const to = query.to ?? formatInstant(nowMs);
  const from = query.from ?? formatInstant(Date.parse(to) - spanMs);
  return { ...query, from, to };
}
