import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isErrorLine, parseConsoleText, plainText } from './console-text.ts';

test('colours become roles and escape sequences vanish', () => {
  expect(parseConsoleText('\u001b[1;31mboom\u001b[0m fine \u001b[2K\u001b]0;title\u0007end')).toEqual([
    { text: 'boom', tone: 'danger', strong: true },
    { text: ' fine ', tone: null, strong: false },
    { text: 'end', tone: null, strong: false },
  ]);
});

test('a redrawn line keeps what stood last', () => {
  expect(plainText('10 %\r50 %\r100 %')).toBe('100 %');
  expect(plainText('100 %\r')).toBe('100 %');
});

test('text that looks like markup stays text', () => {
  expect(plainText('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
});

test('whatever a program prints, no control character comes out and runs join to the plain text', () => {
  const noisy = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\u001b', '[', ']', 'm', ';', '3', '1', '\r', '\u0007', '\u202e', '\u009b', '\t', 'a'),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(noisy, (line) => {
      const plain = plainText(line);
      // oxlint-disable-next-line no-control-regex -- that is what must not come out
      expect(plain).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      expect(
        parseConsoleText(line)
          .map(({ text }) => text)
          .join(''),
      ).toBe(plain);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['2026-11-22 ERROR model failed', true],
  ['ValueError: Input X contains NaN.', true],
  ['sklearn.exceptions.NotFittedError: call fit', true],
  ['Traceback (most recent call last):', true],
  ['0 errors, 12 requests', false],
  ['model iris:1 ready in 456 ms', false],
])('%s: %s', (line, expected) => expect(isErrorLine(line)).toBe(expected));
