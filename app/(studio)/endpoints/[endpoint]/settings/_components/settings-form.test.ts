import { expect, test } from 'vitest';
import { formatTags, parseLimit, parseTags } from './settings-form.ts';

test('tags read back as they were written', () => {
  const tags = { team: 'payments', 'tier-1': '', note: 'a=b' };
  expect(parseTags(formatTags(tags))).toEqual(tags);
  expect(parseTags(' , ')).toEqual({});
});

test.each([
  ['', null],
  ['12', 12],
  ['0,5', 0.5],
  ['0', 'invalid'],
  ['-1', 'invalid'],
  ['many', 'invalid'],
])('the limit %j is %j', (text, limit) => expect(parseLimit(text)).toBe(limit));
