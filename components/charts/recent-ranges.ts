import { QUICK_RANGES } from '#lib/time-range/describe-range.ts';
import { formatRange, parseRange, type TimeRange } from '#lib/time-range/time-range.ts';

const ITEM = 'viridian.recent-ranges';
const KEPT = 5;

/** Ranges that were typed or dragged in this browser, newest first. */
export function readRecentRanges(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(ITEM) ?? '[]');
    return Array.isArray(kept) ? kept.filter((text) => typeof text === 'string' && parseRange(text) !== null) : [];
  } catch {
    // Written by something else: it holds no ranges of ours.
    return [];
  }
}

export function rememberRange(range: TimeRange): void {
  const text = formatRange(range);
  if (QUICK_RANGES.some((one) => one.text === text)) return;
  const next = [text, ...readRecentRanges().filter((one) => one !== text)].slice(0, KEPT);
  localStorage.setItem(ITEM, JSON.stringify(next));
}
