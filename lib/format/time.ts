import { dateFormat } from './intl-cache.ts';
import { formatSpan } from './duration.ts';

/** Where and how times are printed. Both come from cookies, so that server and browser print the same. */
export interface TimeStyle {
  locale: string;
  timeZone: string;
}

const DAY_MS = 86_400_000;

/** 12:04 */
export function formatClock(at: number | string, { locale, timeZone }: TimeStyle): string {
  return dateFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at));
}

/** 12:03:20 */
export function formatClockSeconds(at: number | string, { locale, timeZone }: TimeStyle): string {
  const options = { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  return dateFormat(locale, options).format(new Date(at));
}

/** 12 Mar 2026, 12:04:31 GMT+1: everything, for tooltips and facts. */
export function formatInstant(at: number | string, { locale, timeZone }: TimeStyle): string {
  const options = {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  } as const;
  return dateFormat(locale, options).format(new Date(at));
}

/** 3 Mar, or with the year when it is another one. */
export function formatDay(at: number | string, now: number, { locale, timeZone }: TimeStyle): string {
  const year = (value: Date) => dateFormat('en-US', { timeZone, year: 'numeric' }).format(value);
  const date = new Date(at);
  const sameYear = year(date) === year(new Date(now));
  return dateFormat(locale, {
    timeZone,
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(date);
}

/** How long ago: now, 16 min, 3 h, then the day. */
export function formatAge(at: number | string, now: number, style: TimeStyle): string {
  const age = now - new Date(at).getTime();
  if (age < 45_000) return 'now';
  if (age < DAY_MS) return formatSpan(Math.max(age, 60_000));
  return formatDay(at, now, style);
}

/** The time of today's things, the day of older ones: 11:48, 3 Mar. */
export function formatWhen(at: number | string, now: number, style: TimeStyle): string {
  return now - new Date(at).getTime() < DAY_MS / 2 ? formatClock(at, style) : formatDay(at, now, style);
}

/** Short name of the zone at an instant: CET, GMT+5:30. */
export function zoneName(at: number | string, { locale, timeZone }: TimeStyle): string {
  const parts = dateFormat(locale, { timeZone, timeZoneName: 'short' }).formatToParts(new Date(at));
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? timeZone;
}

/** Epoch milliseconds of the midnight before an instant, in a zone. */
export function startOfDay(at: number, timeZone: string): number {
  const second = at - (at % 1000);
  const candidate = second - secondsOfDay(second, timeZone) * 1000;
  // On a day that changes the clock the subtraction misses midnight by the change.
  const missed = secondsOfDay(candidate, timeZone);
  return missed > DAY_MS / 2000 ? candidate + DAY_MS - missed * 1000 : candidate - missed * 1000;
}

/** Seconds that the wall clock of a zone shows since midnight. */
function secondsOfDay(at: number, timeZone: string): number {
  const options = { timeZone, hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
  const parts = dateFormat('en-US', options).formatToParts(new Date(at));
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return (part('hour') * 60 + part('minute')) * 60 + part('second');
}
