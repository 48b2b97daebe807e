import { assert, constantFrom, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { fitNumber, parseLocaleNumber, stepNumber } from './parse-number.ts';

test.each([
  ['25', 'en-US', 25],
  [' 2,048 ', 'en-US', 2048],
  ['1,5', 'de-DE', 1.5],
  ['1.5', 'de-DE', 1.5],
  ['1.500', 'de-DE', 1500],
  ['2.048,5', 'de-DE', 2048.5],
  ['12 345,6', 'fr-FR', 12_345.6],
  ["12'345.6", 'de-CH', 12_345.6],
  ['٢٥', 'ar-EG', 25],
  ['.5', 'en-US', 0.5],
  ['-3', 'en-US', -3],
  ['−3', 'en-US', -3],
])('%j in %s is %d', (text, locale, value) => expect(parseLocaleNumber(text, locale)).toBe(value));

test.each(['', 'abc', '1e3', '1.2.3', '--1', '5 %'])('%j is no number', (text) => {
  expect(parseLocaleNumber(text, 'en-US')).toBeNull();
});

test('what a locale prints it also reads', () => {
  const locales = constantFrom('en-US', 'de-DE', 'fr-FR', 'de-CH', 'ar-EG', 'hi-IN', 'sv-SE', 'pt-BR');
  assert(
    property(integer({ min: -9_999_999, max: 9_999_999 }), locales, (tenths, locale) => {
      const value = tenths / 10;
      const printed = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(
        value,
      );
      // Some locales put an invisible mark of direction before the minus.
      expect(parseLocaleNumber(printed.replaceAll(/[\u200e\u200f\u061c]/g, ''), locale)).toBe(value === 0 ? 0 : value);
    }),
  );
});

test('values stay inside their bounds and gain no decimals from steps', () => {
  expect(stepNumber(0.2, 1, { min: 0.1, max: 4, step: 0.1 })).toBe(0.3);
  expect(stepNumber(99, 10, { min: 0, max: 100, step: 1 })).toBe(100);
  expect(fitNumber(12.7, { min: 0, max: 100, step: 1 })).toBe(13);
  expect(fitNumber(-5, { min: 0, max: 100, step: 1 })).toBe(0);
});
