import { formatClock, formatDay, type TimeStyle, zoneName } from '#lib/format/time.ts';
import { formatRange, type RangeFault, type Span, type TimeRange } from './time-range.ts';

/** Ranges that are one press away. */
export const QUICK_RANGES = [
  { text: 'now-15m..now', label: 'Last 15 minutes' },
  { text: 'now-1h..now', label: 'Last hour' },
  { text: 'now-6h..now', label: 'Last 6 hours' },
  { text: 'now-24h..now', label: 'Last 24 hours' },
  { text: 'now-2d..now', label: 'Last 2 days' },
  { text: 'now-7d..now', label: 'Last 7 days' },
  { text: 'now-30d..now', label: 'Last 30 days' },
  { text: 'now/d..now', label: 'Today' },
  { text: 'now-1d/d..now/d', label: 'Yesterday' },
  { text: 'now/w..now', label: 'This week' },
  { text: 'now/M..now', label: 'This month' },
] as const;

const UNITS: Record<string, string> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  M: 'month',
  y: 'year',
};

/** Name of a range that moves (`Last 6 hours`, `Today`), or null where only its times describe it. */
export function nameOfRange(range: TimeRange): string | null {
  const text = formatRange(range);
  const quick = QUICK_RANGES.find((one) => one.text === text);
  if (quick) return quick.label;
  const plain = /^now-(\d+)([smhdwMy])\.\.now$/.exec(text);
  if (!plain) return null;
  const unit = UNITS[plain[2] ?? ''] ?? '';
  return plain[1] === '1' ? `Last ${unit}` : `Last ${plain[1]} ${unit}s`;
}

/** `06:04–12:04 CET`, with the days where it is not all today. */
export function describeSpan({ fromMs, toMs }: Span, now: number, style: TimeStyle): string {
  const day = (at: number): string => formatDay(at, now, style);
  const zone = zoneName(toMs, style);
  const today = day(now);
  if (day(fromMs) === today && day(toMs - 1) === today)
    return `${formatClock(fromMs, style)}–${formatClock(toMs, style)} ${zone}`;
  if (day(fromMs) === day(toMs - 1))
    return `${day(fromMs)}, ${formatClock(fromMs, style)}–${formatClock(toMs, style)} ${zone}`;
  return `${day(fromMs)}, ${formatClock(fromMs, style)} – ${day(toMs)}, ${formatClock(toMs, style)} ${zone}`;
}

export const FAULT_TEXTS: Record<RangeFault, string> = {
  ends_before_start: 'The range ends before it starts.',
  too_short: 'The range is shorter than a minute.',
  in_the_future: 'The range has not begun yet.',
};
