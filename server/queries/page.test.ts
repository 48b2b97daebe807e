import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor, pageOf } from './page.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 40 }).map((all) => all.toSorted());

function readAll(list: () => readonly string[], limit: number, between: () => void = () => undefined): string[] {
  const seen: string[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const page = pageOf('names', list(), (name) => name, { limit, cursor });
    seen.push(...page.items);
    cursor = page.nextCursor ?? undefined;
    more = page.nextCursor !== null;
    between();
  }
  return seen;
}

test('pages of any size give every item once and in order', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 10 }), (items, limit) => {
      expect(readAll(() => items, limit)).toEqual(items);
    }),
  );
});

test('items that come and go while pages are read neither repeat nor hide others', () => {
  fc.assert(
    fc.property(names, names, fc.integer({ min: 1, max: 5 }), (before, after, limit) => {
      let current = before;
      const seen = readAll(
        () => current,
        limit,
        () => (current = after),
      );
      expect(new Set(seen).size).toBe(seen.length);
      expect(before.filter((name) => after.includes(name) && !seen.includes(name))).toEqual([]);
    }),
  );
});

test.each([
  ['another list', encodeCursor('others', 'a')],
  ['nonsense', 'nonsense'],
  ['other JSON', Buffer.from('{"a":1}').toString('base64url')],
  ['an empty text', ''],
])('a cursor of %s is refused', (_name, cursor) => {
  expect(() => decodeCursor('names', cursor)).toThrow(/cursor/);
});
