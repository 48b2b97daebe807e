import { expect, test } from 'vitest';
import { findMatches, markMatches, stepMatch } from './search-lines.ts';

const lines = ['alpha', 'Beta \u001b[31mERR\u001b[0mOR', 'gamma', 'error'].map((text) => ({ text }));

test('matches ignore case and colours', () => expect(findMatches(lines, 'Error')).toEqual([1, 3]));
test('an empty search matches nothing', () => expect(findMatches(lines, '')).toEqual([]));

test('going on wraps at both ends', () => {
  expect(stepMatch([1, 3], null, 1)).toBe(1);
  expect(stepMatch([1, 3], 1, 1)).toBe(3);
  expect(stepMatch([1, 3], 3, 1)).toBe(1);
  expect(stepMatch([1, 3], 1, -1)).toBe(3);
  expect(stepMatch([], 2, 1)).toBeNull();
});

test('marked parts join to the text', () => {
  expect(markMatches('an error, an Error', 'ERROR')).toEqual([
    { text: 'an ', isMatch: false },
    { text: 'error', isMatch: true },
    { text: ', an ', isMatch: false },
    { text: 'Error', isMatch: true },
  ]);
});
