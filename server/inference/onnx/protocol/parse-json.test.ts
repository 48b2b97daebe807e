import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from './input-error.ts';
import { parseJson } from './parse-json.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

test('integers of any size keep every digit, other numbers stay numbers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n })),
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
      (longs, doubles) => {
        const text = `{"longs":[${longs.join(',')}],"doubles":${JSON.stringify(doubles)}}`;
        const parsed = parseJson(bytes(text), true).value as {
          longs: (number | bigint)[];
          doubles: (number | bigint)[];
        };
        expect(parsed.longs.map(BigInt)).toEqual(longs);
        expect(parsed.doubles.map(Number)).toEqual(JSON.parse(JSON.stringify(doubles)));
      },
    ),
  );
});

test('digits behind a decimal point and in text are left alone', () => {
  const text = '{"a":0.12345678901234567890,"b":"12345678901234567890","c":1e20}';
  expect(parseJson(bytes(text), true).value).toEqual(JSON.parse(text));
});

test('NaN and Infinity are told apart from other faults, and text that says so is no fault', () => {
  expect(parseJson(bytes('["NaN", 1]'), false)).toEqual({ value: ['NaN', 1], fault: null });
  expect(parseJson(bytes('[NaN, -Infinity, "a \\" NaN"]'), false).fault).toContain('NaN or Infinity');
});

test.each([
  ['', 'The body is empty'],
  ['{"a":', 'not valid JSON'],
  ['NaN}', 'not valid JSON'],
  ['[1,]', 'not valid JSON'],
])('%j is refused', (text, words) => {
  expect(() => parseJson(bytes(text), true)).toThrow(InputError);
  expect(() => parseJson(bytes(text), true)).toThrow(words);
});

test('bytes that are no UTF-8 are refused, the replacement character itself is not', () => {
  expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]), false)).toThrow('not valid UTF-8');
  expect(parseJson(bytes('"\ufffd"'), false).value).toBe('\ufffd');
});
