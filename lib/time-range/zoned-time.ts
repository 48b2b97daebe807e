import { dateFormat } from '#lib/format/intl-cache.ts';

/** A moment as the wall clock of a zone shows it. `month` counts from 1. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** What clocks of a zone show at an instant. */
export function wallTimeOf(at: number, timeZone: string): WallTime {
  const options = {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  } as const;
  const parts = dateFormat('en-US', options).formatToParts(new Date(at));
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

/**
 * The instant at which clocks of a zone show a time, in epoch milliseconds. Fields may overflow (`day: 32`). A time that a clock change skips
 * means the same distance after the change; one that it repeats means the first.
 */
export function instantOf(wall: WallTime, timeZone: string): number {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
  const offsetAt = (at: number): number => {
    const shown = wallTimeOf(at, timeZone);
    return (
      Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second) -
      Math.floor(at / 1000) * 1000
    );
  };
  // Offsets before and after the moment: only around a clock change do they differ.
  const [before, after] = [offsetAt(asUtc - 86_400_000), offsetAt(asUtc + 86_400_000)];
  const candidates = [asUtc - before, asUtc - after].filter((at) => at + offsetAt(at) === asUtc);
  return candidates.length === 0 ? asUtc - before : Math.min(...candidates);
}

export type CalendarUnit = 'h' | 'd' | 'w' | 'M' | 'y';

/** Start of the hour, day, week (Monday), month or year that an instant lies in, by the clocks of a zone. */
export function startOf(at: number, unit: CalendarUnit, timeZone: string): number {
  const wall = { ...wallTimeOf(at, timeZone), minute: 0, second: 0 };
  if (unit === 'h') return instantOf(wall, timeZone);
  wall.hour = 0;
  if (unit === 'w') {
    const weekday = new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay();
    wall.day -= (weekday + 6) % 7;
  }
  if (unit === 'M' || unit === 'y') wall.day = 1;
  if (unit === 'y') wall.month = 1;
  return instantOf(wall, timeZone);
}

/** An instant so many months later (or earlier), at the same time of the clock; days that a month lacks run over into the next. */
export function addMonths(at: number, months: number, timeZone: string): number {
  const wall = wallTimeOf(at, timeZone);
  return instantOf({ ...wall, month: wall.month + months }, timeZone);
}

/** An instant so many days later, at the same time of the clock: days around a clock change have 23 or 25 hours. */
export function addDays(at: number, days: number, timeZone: string): number {
  const wall = wallTimeOf(at, timeZone);
  return instantOf({ ...wall, day: wall.day + days }, timeZone) + (at % 1000);
}
