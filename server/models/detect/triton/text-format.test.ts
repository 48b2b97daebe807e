import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DescriptionError } from '../bounded-text.ts';
import { parseTextFormat, type TextMessage, type TextValue } from './text-format.ts';

const plain = (message: TextMessage): object =>
  Object.fromEntries([...message].map(([name, values]) => [name, values.map(({ value }) => plainValue(value))]));
const plainValue = (value: TextValue): unknown => (value instanceof Map ? plain(value) : value);

describe('the text format', () => {
  test.each([
    ['', {}],
    ['a: 1', { a: [1] }],
    ['a: 1 a: 2 # again\na: 3', { a: [1, 2, 3] }],
    ['a: [1, -2, 0x1F, -0x10]', { a: [1, -2, 31, -16] }],
    ['a: []', { a: [] }],
    ['a: 1.5e3, b: .5; c: 2f', { a: [1500], b: [0.5], c: [2] }],
    ['s: "x" \'y\'\n  "z"', { s: ['xyz'] }],
    [String.raw`s: "tab\t \"q\" \x41\101\\"`, { s: ['tab\t "q" AA\\'] }],
    ['s: "# no comment"', { s: ['# no comment'] }],
    ['t: TYPE_FP32 b: true', { t: [{ word: 'TYPE_FP32' }], b: [{ word: 'true' }] }],
    ['m { a: 1 } m: { a: 2 } m < a: 3 >', { m: [{ a: [1] }, { a: [2] }, { a: [3] }] }],
    ['m [ { a: 1 }, { a: 2 } ]', { m: [{ a: [1] }, { a: [2] }] }],
    ['m {}', { m: [{}] }],
  ])('%j', (text, expected) => expect(plain(parseTextFormat(text))).toEqual(expected));
});

test('every value knows its line', () => {
  const message = parseTextFormat('a: 1\n\nb {\n c: [2,\n 3] }');
  const [b] = message.get('b') ?? [];
  expect(b).toMatchObject({ line: 3 });
  expect(b?.value).toEqual(
    new Map([
      [
        'c',
        [
          { value: 2, line: 4 },
          { value: 3, line: 5 },
        ],
      ],
    ]),
  );
});

describe('what is not of the language is named with its line', () => {
  test.each([
    ['a: 1\n@', 'has "@", which means nothing there (line 2)'],
    ['a 1', 'has no ":" after "a" (line 1)'],
    ['m {\n a: 1', 'has its end where the name of a field belongs (line 2)'],
    ['}', 'has "}" where the name of a field belongs'],
    ['a: ]', 'has "]" where a value belongs'],
    ['a: [1 2]', 'has a list without ","'],
    ['s: "open', 'has "\\"", which means nothing there'],
    ['1: 2', 'has "1" where the name of a field belongs'],
    [`${'m {'.repeat(40)}`, 'is nested too deep'],
  ])('%j', (text, words) => {
    expect(() => parseTextFormat(text)).toThrow(DescriptionError);
    expect(() => parseTextFormat(text)).toThrow(words);
  });
});

test('any text is parsed or refused, in time that grows with its length', () => {
  const pieces = fc.constantFrom('a', ':', '{', '}', '[', ']', '"', "'", '#', '\n', ' ', '\\', '1', '-', ',', '<', '>');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 400 }), (parts) => {
      try {
        parseTextFormat(parts.join(''));
      } catch (cause) {
        expect(cause).toBeInstanceOf(DescriptionError);
      }
    }),
  );
  expect(() => parseTextFormat(`${'#'.repeat(100_000)}\n${' '.repeat(100_000)}@`)).toThrow('line 2');
});
