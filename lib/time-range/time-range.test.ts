import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSpan, nameOfRange } from './describe-range.ts';
import {
  absoluteRange,
  faultOf,
  formatRange,
  isLive,
  parseBound,
  parseRange,
  resolveRange,
  shiftSpan,
  showableRange,
  zoomOut,
} from './time-range.ts';
import { parseTypedRange } from './typed-range.ts';
import { addDays, instantOf, startOf, wallTimeOf } from './zoned-time.ts';

const BERLIN = 'Europe/Berlin';
const NOW = Date.parse('2026-03-12T11:04:00Z');
const at = (text: string): number => Date.parse(text);
const spanOf = (text: string, zone = BERLIN) => resolveRange(parseRange(text)!, NOW, zone);

describe('the grammar of addresses', () => {
  test.each([
    ['now-6h..now', '2026-03-12T05:04:00Z', '2026-03-12T11:04:00Z'],
    ['now/d..now', '2026-03-11T23:00:00Z', '2026-03-12T11:04:00Z'],
    ['now-1d/d..now/d', '2026-03-10T23:00:00Z', '2026-03-11T23:00:00Z'],
    ['now/w..now', '2026-03-08T23:00:00Z', '2026-03-12T11:04:00Z'],
    ['now/M..now', '2026-02-28T23:00:00Z', '2026-03-12T11:04:00Z'],
    ['now-1M/M..now/M', '2026-01-31T23:00:00Z', '2026-02-28T23:00:00Z'],
    ['2026-03-12T05:00:00Z..2026-03-12T06:00:00+01:00', '2026-03-12T05:00:00Z', '2026-03-12T05:00:00Z'],
    ['1773313440000..now', '2026-03-12T11:04:00Z', '2026-03-12T11:04:00Z'],
  ])('%s', (text, from, to) => expect(spanOf(text)).toEqual({ fromMs: at(from), toMs: at(to) }));

  test.each(['', 'now', 'now-6h', 'now-6x..now', '2026-03-12..now', 'now..now..now', 'now-..now', '<b>..now'])(
    'refuses %j',
    (text) => expect(parseRange(text)).toBeNull(),
  );

  test('what is read is written the same', () => {
    for (const text of ['now-6h..now', 'now-1d/d..now/d', '2026-03-12T05:00:00Z..2026-03-12T06:00:00.250Z'])
      expect(formatRange(parseRange(text)!)).toBe(text);
  });

  test('only a range that ends now is live', () => {
    expect(isLive(parseRange('now/d..now')!)).toBe(true);
    expect(isLive(parseRange('now-2h..now-1h')!)).toBe(false);
  });
});

describe('what people type', () => {
  const typed = (text: string) => {
    const range = parseTypedRange(text, NOW, BERLIN);
    return range && formatRange(range);
  };
  test.each([
    ['6h', 'now-6h..now'],
    ['last 2 days', 'now-2d..now'],
    ['Last 90 Minutes', 'now-90m..now'],
    ['now-6h', 'now-6h..now'],
    ['now-6h .. now-1h', 'now-6h..now-1h'],
    ['now-6h to now-1h', 'now-6h..now-1h'],
    ['today', 'now/d..now'],
    ['yesterday', 'now-1d/d..now/d'],
    ['yesterday 14:00 to 15:30', '2026-03-11T13:00:00Z..2026-03-11T14:30:00Z'],
    ['9:15 to 10:00', '2026-03-12T08:15:00Z..2026-03-12T09:00:00Z'],
    ['2026-03-01 to 2026-03-02', '2026-02-28T23:00:00Z..2026-03-01T23:00:00Z'],
    ['2026-03-01 08:00 to now', '2026-03-01T07:00:00Z..now'],
    ['1773313440000', '2026-03-12T11:04:00Z..now'],
  ])('%s', (text, expected) => expect(typed(text)).toBe(expected));
  test.each(['', 'soon', '25:61 to 26:00', 'last potatoes', '2026-13-40'])('refuses %j', (text) =>
    expect(typed(text)).toBeNull(),
  );
});

test('shifting and zooming never pass now', () => {
  const hour = 3_600_000;
  const span = { fromMs: NOW - hour, toMs: NOW };
  expect(shiftSpan(span, 1, NOW)).toEqual(span);
  expect(shiftSpan(span, -1, NOW)).toEqual({ fromMs: NOW - 1.5 * hour, toMs: NOW - 0.5 * hour });
  expect(zoomOut(span, NOW)).toEqual({ fromMs: NOW - 2 * hour, toMs: NOW });
});

test('a range that shows nothing says why', () => {
  expect(faultOf({ fromMs: 10, toMs: 5 }, NOW)).toBe('ends_before_start');
  expect(faultOf({ fromMs: NOW, toMs: NOW + 10 }, NOW)).toBe('too_short');
  expect(faultOf({ fromMs: NOW + 1, toMs: NOW + 100_000 }, NOW)).toBe('in_the_future');
});

test('ranges are named by what they are', () => {
  const style = { locale: 'en-GB', timeZone: BERLIN };
  expect(nameOfRange(parseRange('now-6h..now')!)).toBe('Last 6 hours');
  expect(nameOfRange(parseRange('now-90m..now')!)).toBe('Last 90 minutes');
  expect(nameOfRange(absoluteRange({ fromMs: 0, toMs: 1 }))).toBeNull();
  expect(describeSpan({ fromMs: NOW - 3_600_000, toMs: NOW }, NOW, style)).toBe('11:04–12:04 CET');
  expect(describeSpan(spanOf('now-1d..now'), NOW, style)).toBe('11 Mar, 12:04 – 12 Mar, 12:04 CET');
});

describe('calendars with clock changes', () => {
  test('a day that loses an hour starts at its own midnight', () => {
    expect(startOf(at('2026-03-29T10:00:00Z'), 'd', BERLIN)).toBe(at('2026-03-28T23:00:00Z'));
    expect(startOf(at('2026-03-30T10:00:00Z'), 'd', BERLIN)).toBe(at('2026-03-29T22:00:00Z'));
    expect(addDays(at('2026-03-28T12:00:00Z'), 1, BERLIN)).toBe(at('2026-03-29T11:00:00Z'));
  });
  test('a skipped time means after the change, a repeated one the first', () => {
    const wall = { year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 };
    expect(instantOf(wall, BERLIN)).toBe(at('2026-03-29T01:30:00Z'));
    expect(instantOf({ ...wall, month: 10, day: 25 }, BERLIN)).toBe(at('2026-10-25T00:30:00Z'));
  });
  test('midnight of any day in any zone is a midnight, and not after the moment', () => {
    const zones = fc.constantFrom(
      BERLIN,
      'UTC',
      'Asia/Kolkata',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Tokyo',
    );
    fc.assert(
      fc.property(
        zones,
        fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') }),
        (zone, when) => {
          const start = startOf(when, 'd', zone);
          expect(start).toBeLessThanOrEqual(when);
          expect(when - start).toBeLessThan(26 * 3_600_000);
          expect(wallTimeOf(start, zone)).toMatchObject({ hour: 0, minute: 0, second: 0 });
        },
      ),
      { numRuns: 400 },
    );
  });
});

test('bounds of any address come back as they were written', () => {
  const unit = fc.constantFrom('s', 'm', 'h', 'd', 'w', 'M', 'y');
  const offset = fc
    .tuple(fc.constantFrom('-', '+'), fc.integer({ min: 1, max: 99_999 }), unit)
    .map((parts) => parts.join(''));
  const round = fc.option(fc.constantFrom('h', 'd', 'w', 'M', 'y'), { nil: null });
  fc.assert(
    fc.property(fc.array(offset, { maxLength: 3 }), round, (offsets, roundTo) => {
      const text = `now${offsets.join('')}${roundTo === null ? '' : `/${roundTo}`}`;
      const bound = parseBound(text);
      expect(bound && formatRange({ from: bound, to: bound })).toBe(`${text}..${text}`);
    }),
  );
});

test('a range of the address is shown however its instants are written, and left out only where it shows nothing', () => {
  const text = '2026-03-12T10:00:00.000Z..2026-03-12T11:30:00.000+01:00';
  expect(showableRange(text, NOW, BERLIN)).toEqual(
    absoluteRange({ fromMs: at('2026-03-12T10:00:00Z'), toMs: at('2026-03-12T10:30:00Z') }),
  );
  expect(showableRange('now-6h..now', NOW, BERLIN)).not.toBeNull();
  expect(showableRange('now..now-6h', NOW, BERLIN)).toBeNull();
  expect(showableRange('yesterday', NOW, BERLIN)).toBeNull();
});
