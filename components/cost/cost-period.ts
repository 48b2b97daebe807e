import type { Span } from '#lib/time-range/time-range.ts';

/** A month shown by day, or a day shown by hour. Cut at UTC midnights, as cost rows are. */
export interface CostPeriod {
  by: 'day' | 'hour';
  span: Span;
  /** `2026-03` or `2026-03-12`: what the address holds. */
  text: string;
}

const DAY_MS = 86_400_000;

/** Reads the period of an address; without one, or with one that is none, the month (or day) of `now`. */
export function parseCostPeriod(text: string | null, by: CostPeriod['by'], now: number): CostPeriod {
  const match = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(text ?? '');
  const wanted = match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3] ?? 1)) : now;
  const at = Number.isNaN(wanted) || wanted > now ? now : wanted;
  return by === 'hour' ? dayPeriod(at) : monthPeriod(at);
}

function dayPeriod(at: number): CostPeriod {
  const fromMs = Math.floor(at / DAY_MS) * DAY_MS;
  return { by: 'hour', span: { fromMs, toMs: fromMs + DAY_MS }, text: new Date(fromMs).toISOString().slice(0, 10) };
}

function monthPeriod(at: number): CostPeriod {
  const date = new Date(at);
  const fromMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const toMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return { by: 'day', span: { fromMs, toMs }, text: new Date(fromMs).toISOString().slice(0, 7) };
}

/** The period before or after. */
export function neighbour(period: CostPeriod, direction: -1 | 1): CostPeriod {
  const at = direction === -1 ? period.span.fromMs - 1 : period.span.toMs;
  return period.by === 'hour' ? dayPeriod(at) : monthPeriod(at);
}

/** The same share of the period before, for a fair comparison: 1–12 February beside 1–12 March. */
export function comparableSpan(period: CostPeriod, now: number): Span {
  const before = neighbour(period, -1).span;
  const elapsed = Math.min(now, period.span.toMs) - period.span.fromMs;
  return { fromMs: before.fromMs, toMs: Math.min(before.toMs, before.fromMs + elapsed) };
}
