import { type Bound, parseBound, parseRange, type TimeRange } from './time-range.ts';
import { addDays, instantOf, startOf, wallTimeOf } from './zoned-time.ts';

const NOW: Bound = { kind: 'relative', offset: [], roundTo: null };
const UNIT_WORDS: Record<string, 's' | 'm' | 'h' | 'd' | 'w' | 'M'> = {
  s: 's',
  sec: 's',
  second: 's',
  m: 'm',
  min: 'm',
  minute: 'm',
  h: 'h',
  hour: 'h',
  d: 'd',
  day: 'd',
  w: 'w',
  week: 'w',
  month: 'M',
};

/**
 * Reads what people type: `now-6h`, `6h`, `last 2 days`, `today`, `yesterday 14:00 to 15:30`, `14:00 to 15:30`, `2026-11-22 14:00 to now`,
 * two ISO instants, epoch milliseconds. Clock times are those of the zone.
 * @returns null where it cannot be read
 */
export function parseTypedRange(text: string, now: number, timeZone: string): TimeRange | null {
  const typed = text.trim().replace(/\s+/g, ' ');
  const asWritten = parseRange(typed.replace(/ ?\.\. ?/, '..'));
  if (asWritten) return asWritten;
  const span = parseSpanWords(typed.toLowerCase());
  if (span) return span;
  const ends = typed.split(/ (?:to|until|-|–) /i);
  if (ends.length === 2) return parseEnds(ends[0] ?? '', ends[1] ?? '', now, timeZone);
  return parseSince(typed, now, timeZone);
}

/** `6h`, `last 90 minutes`, `today`, `yesterday`, `this week`. */
function parseSpanWords(text: string): TimeRange | null {
  const length = /^(?:last |past )?(\d{1,4}) ?([a-z]+?)s?$/.exec(text);
  const unit = UNIT_WORDS[length?.[2] ?? ''];
  if (length && unit)
    return { from: { kind: 'relative', offset: [{ amount: -Number(length[1]), unit }], roundTo: null }, to: NOW };
  const start = (roundTo: 'd' | 'w' | 'M'): Bound => ({ kind: 'relative', offset: [], roundTo });
  if (text === 'today') return { from: start('d'), to: NOW };
  if (text === 'this week') return { from: start('w'), to: NOW };
  if (text === 'this month') return { from: start('M'), to: NOW };
  if (text === 'yesterday')
    return { from: { kind: 'relative', offset: [{ amount: -1, unit: 'd' }], roundTo: 'd' }, to: start('d') };
  return null;
}

/** A start alone reaches to now: `now-6h`, `2026-11-22 14:00`, `14:00`. */
function parseSince(text: string, now: number, timeZone: string): TimeRange | null {
  const from = parseBound(text) ?? parseMoment(text, now, timeZone, now);
  return from ? { from, to: NOW } : null;
}

function parseEnds(first: string, second: string, now: number, timeZone: string): TimeRange | null {
  const from = parseBound(first) ?? parseMoment(first, now, timeZone, now);
  if (!from) return null;
  // A clock time at the end is one of the day on which the range starts.
  const day = from.kind === 'instant' ? from.at : now;
  const to = parseBound(second) ?? parseMoment(second, now, timeZone, day);
  return to ? { from, to } : null;
}

/** `2026-11-22`, `2026-11-22 14:00`, `yesterday 14:00`, `today 9:30:15`, `14:00`. */
function parseMoment(text: string, now: number, timeZone: string, day: number): Bound | null {
  const match = /^(?:(\d{4})-(\d\d?)-(\d\d?)|(today|yesterday))?[ T]?(?:(\d\d?):(\d\d)(?::(\d\d))?)?$/i.exec(
    text.trim(),
  );
  if (!match || text.trim() === '') return null;
  const [, year, month, date, word, hour, minute, second] = match;
  const base =
    year === undefined
      ? wallTimeOf(dayOfWord(word, now, day, timeZone), timeZone)
      : { year: Number(year), month: Number(month), day: Number(date) };
  const clock = { hour: Number(hour ?? 0), minute: Number(minute ?? 0), second: Number(second ?? 0) };
  if (clock.hour > 24 || clock.minute > 59 || clock.second > 59 || base.month > 12 || base.day > 31) return null;
  return { kind: 'instant', at: instantOf({ ...base, ...clock }, timeZone) };
}

function dayOfWord(word: string | undefined, now: number, day: number, timeZone: string): number {
  if (word === undefined) return startOf(day, 'd', timeZone);
  const today = startOf(now, 'd', timeZone);
  return word.toLowerCase() === 'yesterday' ? addDays(today, -1, timeZone) : today;
}
