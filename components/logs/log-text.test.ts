import { expect, test } from 'vitest';
import { cleanLogText, findMatches } from './log-text.ts';

test.each([
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['links', '\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007', 'click'],
  ['progress lines', '10 %\r50 %\r100 %', '100 %'],
  ['marks that turn the direction', 'a\u202eb', 'a\u{fffd}b'],
  ['bells and nulls', 'a\u0007\u0000b', 'a\u{fffd}\u{fffd}b'],
  ['tabs and markup', '<b>\tx</b>', '<b>\tx</b>'],
])('of %s only text is left', (_, raw, clean) => expect(cleanLogText(raw)).toBe(clean));

test('matches are found without regard to case and the text stays whole', () => {
  const parts = findMatches('Error: an ERROR', 'error');
  expect(parts.filter(({ isMatch }) => isMatch)).toHaveLength(2);
  expect(parts.map(({ text }) => text).join('')).toBe('Error: an ERROR');
  expect(findMatches('abc', '')).toEqual([{ text: 'abc', isMatch: false }]);
});
