export type Granularity = 'hour' | 'day' | 'month' | 'total';

/** A stretch of time, epoch milliseconds: from the start up to and without the end. */
export interface Period {
  start: number;
  end: number;
}

/** Cuts `[from, to)` at the UTC boundaries of the granularity; the first and last period may be partial. */
export function listPeriods(from: number, to: number, granularity: Granularity): Period[] {
  const periods: Period[] = [];
  for (let start = from; start < to;) {
    const end = granularity === 'total' ? to : Math.min(to, nextBoundary(start, granularity));
    periods.push({ start, end });
    start = end;
  }
  return periods;
}

function nextBoundary(at: number, granularity: Exclude<Granularity, 'total'>): number {
  const date = new Date(at);
  const [year, month, day, hour] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()];
  if (granularity === 'hour') return Date.UTC(year, month, day, hour + 1);
  if (granularity === 'day') return Date.UTC(year, month, day + 1);
  return Date.UTC(year, month + 1);
}
