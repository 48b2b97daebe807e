import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatJson } from './format-json.ts';

test('reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(formatJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('keeps the rows of a matrix on lines of their own', () => {
  const body = {
    input_data: {
      columns: ['a', 'b'],
      data: [
        [1, 2],
        [3, 4],
      ],
    },
  };
  expect(formatJson(body)).toBe(
    '{\n  "input_data": {\n    "columns": ["a", "b"],\n    "data": [\n      [1, 2],\n      [3, 4]\n    ]\n  }\n}',
  );
});

test('breaks what is too long for a line', () => {
  expect(formatJson({ data: Array.from({ length: 60 }, () => 100) }).split('\n').length).toBeGreaterThan(60);
});
