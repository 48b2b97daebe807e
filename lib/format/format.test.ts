import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { formatBytes, formatMemoryMib } from './bytes.ts';
import { formatElapsed, formatLatency, formatSpan, formatUsual } from './duration.ts';
import { figureText } from './figure.ts';
import {
  formatHourlyRate,
  formatHourlyRateInProse,
  formatMoney,
  formatMoneyColumn,
  microsToDecimal,
  parseMicros,
} from './money.ts';
import { formatRatio, formatRequestRate } from './number.ts';
import { formatAge, formatClock, formatInstant, formatWhen, startOfDay } from './time.ts';

const EN = 'en-US';
const berlin = { locale: 'en-GB', timeZone: 'Europe/Berlin' };
const noon = Date.UTC(2026, 2, 12, 11, 4, 31);

describe('latency', () => {
  test.each([
    [0.42, '0.42 ms'],
    [8.44, '8.4 ms'],
    [184.3, '184 ms'],
    [999.6, '1.00 s'],
    [1240, '1.24 s'],
    [82_000, '82.0 s'],
  ])('%d ms reads %s', (ms, text) => expect(figureText(formatLatency(ms, EN))).toBe(text));

  test('what was not measured is a dash', () => expect(figureText(formatLatency(null, EN))).toBe('–'));
});

test('the usual time of an operation is one figure where both ends print alike', () => {
  expect(formatUsual({ p50: 3_000, p90: 3_900 }, formatSpan)).toBe('3 s');
  expect(formatUsual({ p50: 3_000, p90: 300_000 }, formatSpan)).toBe('3 s–5 min');
});

describe('money', () => {
  test('rates in columns always have four decimals', () => {
    expect(figureText(formatHourlyRate(1_048_000, 'USD', EN))).toBe('$1.0480/h');
    expect(figureText(formatHourlyRate(0, 'USD', EN))).toBe('$0.0000/h');
  });
  test('rates in sentences have four significant digits and at least cents', () => {
    expect(figureText(formatHourlyRateInProse(1_048_000, 'USD', EN))).toBe('$1.048/h');
    expect(figureText(formatHourlyRateInProse(42_123, 'EUR', EN))).toBe('€0.04212/h');
  });
  test('an amount below a cent never reads as nothing', () => {
    expect(formatMoney(1_200, 'USD', EN)).toBe('$0.0012');
    expect(formatMoney(0, 'USD', EN)).toBe('$0.00');
    expect([0, 1_200, 20_000].map(formatMoneyColumn([0, 1_200, 20_000], 'USD', EN))).toEqual([
      '$0.0000',
      '$0.0012',
      '$0.0200',
    ]);
    expect([0, 20_000].map(formatMoneyColumn([0, 20_000], 'USD', EN))).toEqual(['$0.00', '$0.02']);
    expect(formatMoney(61_400_000, 'USD', EN)).toBe('$61.40');
  });
  test('micro-units survive printing and reading', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (micros) => {
        expect(parseMicros(microsToDecimal(micros))).toBe(micros);
      }),
    );
  });
  test.each(['', '-1', '1e3', '0.1234567', 'abc', '1.2.3'])('%j is no price', (text) =>
    expect(parseMicros(text)).toBeNull(),
  );
});

describe('rates, shares and sizes', () => {
  test.each([
    [0, '0 req/s'],
    [0.001, '<0.01 req/s'],
    [0.7, '0.70 req/s'],
    [37.24, '37.2 req/s'],
    [12_840, '12,840 req/s'],
  ])('%d per second reads %s', (rate, text) => expect(figureText(formatRequestRate(rate, EN))).toBe(text));

  test('shares print two decimals and whole ends', () => {
    expect(figureText(formatRatio(0.0018, EN))).toBe('0.18 %');
    expect(figureText(formatRatio(1, EN))).toBe('100 %');
    expect(figureText(formatRatio(0, EN))).toBe('0 %');
  });
  test('files are counted in thousands, memory in 1024s', () => {
    expect(figureText(formatBytes(12_600_000, EN))).toBe('12.6 MB');
    expect(figureText(formatMemoryMib(512, EN))).toBe('512 MiB');
    expect(figureText(formatMemoryMib(2048, EN))).toBe('2 GiB');
  });
});

describe('times', () => {
  test('elapsed time reads like a stop watch', () => {
    expect(formatElapsed(112_000)).toBe('1:52');
    expect(formatElapsed(3_723_000)).toBe('1:02:03');
  });
  test('spans use their largest unit', () => {
    expect(formatSpan(41 * 86_400_000)).toBe('41 d');
    expect(formatSpan(16 * 60_000)).toBe('16 min');
  });
  test('clock and instant follow the zone asked for', () => {
    expect(formatClock(noon, berlin)).toBe('12:04');
    expect(formatInstant(noon, berlin)).toBe('12 Mar 2026, 12:04:31 CET');
  });
  test('ages become days after a day', () => {
    expect(formatAge(noon - 10_000, noon, berlin)).toBe('now');
    expect(formatAge(noon - 50_000, noon, berlin)).toBe('1 min');
    expect(formatAge(noon - 3 * 3_600_000, noon, berlin)).toBe('3 h');
    expect(formatAge(noon - 9 * 86_400_000, noon, berlin)).toBe('3 Mar');
    expect(formatWhen(noon - 16 * 60_000, noon, berlin)).toBe('11:48');
    expect(formatWhen(noon - 9 * 86_400_000, noon, berlin)).toBe('3 Mar');
  });
  test.each([
    ['an ordinary day', '2026-03-12T11:04:31Z', 'Europe/Berlin', '2026-03-11T23:00:00Z'],
    ['a day that springs forward', '2026-03-29T10:00:00Z', 'Europe/Berlin', '2026-03-28T23:00:00Z'],
    ['a day that falls back', '2026-10-25T22:30:00Z', 'Europe/Berlin', '2026-10-24T22:00:00Z'],
    ['a zone off the hour', '2026-03-12T00:00:00Z', 'Asia/Kolkata', '2026-03-11T18:30:00Z'],
    ['midnight itself', '2026-03-12T00:00:00Z', 'UTC', '2026-03-12T00:00:00Z'],
  ])('the day of %s starts at its midnight', (_what, at, zone, midnight) => {
    expect(startOfDay(Date.parse(at), zone)).toBe(Date.parse(midnight));
  });
});
