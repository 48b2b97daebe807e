import { addDays, addMonths, type CalendarUnit, startOf } from './zoned-time.ts';

/**
 * One end of a range: an instant, or an expression that moves with the clock. `now-6h` goes back, `now/d` is the start of today as an
 * end from which a range begins, and `now-1d/d` the start of yesterday.
 */
export type Bound =
  | { kind: 'instant'; at: number }
  | { kind: 'relative'; offset: readonly Offset[]; roundTo: CalendarUnit | null };

export interface Offset {
  amount: number;
  unit: OffsetUnit;
}
export type OffsetUnit = 's' | 'm' | CalendarUnit;

export interface TimeRange {
  from: Bound;
  to: Bound;
}

/** A range at one moment, in epoch milliseconds. `to` is not part of it. */
export interface Span {
  fromMs: number;
  toMs: number;
}

const FIXED_UNITS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const RELATIVE = /^now((?:[+-]\d{1,6}[smhdwMy])*)(?:\/([hdwMy]))?$/;

/** Reads `now-6h`, `now/d`, an ISO instant with its zone, or epoch milliseconds (or seconds). Null where it is none of them. */
export function parseBound(text: string): Bound | null {
  const relative = RELATIVE.exec(text);
  if (relative) {
    const offset = [...(relative[1] ?? '').matchAll(/([+-]\d+)([smhdwMy])/g)].map((match) => ({
      amount: Number(match[1]),
      unit: match[2] as OffsetUnit,
    }));
    return { kind: 'relative', offset, roundTo: (relative[2] as CalendarUnit | undefined) ?? null };
  }
  if (/^\d{10}$/.test(text)) return { kind: 'instant', at: Number(text) * 1000 };
  if (/^\d{12,14}$/.test(text)) return { kind: 'instant', at: Number(text) };
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : { kind: 'instant', at };
}

export function formatBound(bound: Bound): string {
  if (bound.kind === 'instant') return new Date(bound.at).toISOString().replace('.000Z', 'Z');
  const offset = bound.offset.map(({ amount, unit }) => `${amount < 0 ? '-' : '+'}${Math.abs(amount)}${unit}`).join('');
  return `now${offset}${bound.roundTo === null ? '' : `/${bound.roundTo}`}`;
}

/** The instant that a bound means at `now`, by the calendar of a zone. */
export function resolveBound(bound: Bound, now: number, timeZone: string): number {
  if (bound.kind === 'instant') return bound.at;
  const moved = bound.offset.reduce((at, { amount, unit }) => moveBy(at, amount, unit, timeZone), now);
  return bound.roundTo === null ? moved : startOf(moved, bound.roundTo, timeZone);
}

function moveBy(at: number, amount: number, unit: OffsetUnit, timeZone: string): number {
  if (unit === 's' || unit === 'm' || unit === 'h') return at + amount * FIXED_UNITS[unit];
  if (unit === 'd') return addDays(at, amount, timeZone);
  if (unit === 'w') return addDays(at, amount * 7, timeZone);
  return addMonths(at, unit === 'M' ? amount : amount * 12, timeZone);
}

/** Reads the text of an address: two bounds with `..` between them. */
export function parseRange(text: string): TimeRange | null {
  const [first, second, ...rest] = text.split('..');
  if (first === undefined || second === undefined || rest.length > 0) return null;
  const [from, to] = [parseBound(first), parseBound(second)];
  return from && to ? { from, to } : null;
}

export function formatRange(range: TimeRange): string {
  return `${formatBound(range.from)}..${formatBound(range.to)}`;
}

export function resolveRange(range: TimeRange, now: number, timeZone: string): Span {
  return { fromMs: resolveBound(range.from, now, timeZone), toMs: resolveBound(range.to, now, timeZone) };
}

/** A range of two instants. */
export function absoluteRange({ fromMs, toMs }: Span): TimeRange {
  return { from: { kind: 'instant', at: fromMs }, to: { kind: 'instant', at: toMs } };
}

/** Whether the range ends now and so goes on moving. */
export function isLive({ to }: TimeRange): boolean {
  return to.kind === 'relative' && to.offset.length === 0 && to.roundTo === null;
}

export type RangeFault = 'ends_before_start' | 'too_short' | 'in_the_future';
const MIN_SPAN_MS = 60_000;

/** Why nothing can be shown for a span, or null. */
export function faultOf({ fromMs, toMs }: Span, now: number): RangeFault | null {
  if (toMs <= fromMs) return 'ends_before_start';
  if (toMs - fromMs < MIN_SPAN_MS) return 'too_short';
  return fromMs >= now ? 'in_the_future' : null;
}

/** The range that a text names; null where it cannot be read or shows nothing. */
export function showableRange(text: string, now: number, timeZone: string): TimeRange | null {
  const range = parseRange(text);
  return range && faultOf(resolveRange(range, now, timeZone), now) === null ? range : null;
}

/** Half a range earlier or later; never past now. */
export function shiftSpan({ fromMs, toMs }: Span, direction: -1 | 1, now: number): Span {
  const by = ((toMs - fromMs) / 2) * direction;
  const past = Math.max(0, toMs + by - now);
  return { fromMs: Math.round(fromMs + by - past), toMs: Math.round(toMs + by - past) };
}

/** Twice as long around the same middle; never past now. */
export function zoomOut({ fromMs, toMs }: Span, now: number): Span {
  const half = (toMs - fromMs) / 2;
  const past = Math.max(0, toMs + half - now);
  return { fromMs: Math.round(fromMs - half - past), toMs: Math.round(toMs + half - past) };
}

/** The span of equal length just before. */
export function previousSpan({ fromMs, toMs }: Span): Span {
  return { fromMs: fromMs - (toMs - fromMs), toMs: fromMs };
}
