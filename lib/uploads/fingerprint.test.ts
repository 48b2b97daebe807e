import { expect, test } from 'vitest';
import { fingerprintOf } from './fingerprint.ts';

const file = (path: string, content: string, lastModified = 1) => ({
  path,
  file: Object.assign(new Blob([content]), { lastModified }),
});

test('the same files in any order are the same upload', () => {
  const files = [file('m/a', 'one'), file('m/b', 'two')];
  expect(fingerprintOf(files)).toBe(fingerprintOf(files.toReversed()));
});

test.each([
  ['a path', file('m/x', 'one')],
  ['a size', file('m/a', 'longer')],
  ['a time', file('m/a', 'one', 2)],
])('another %s is another upload', (_what, other) => {
  expect(fingerprintOf([other])).not.toBe(fingerprintOf([file('m/a', 'one')]));
});
