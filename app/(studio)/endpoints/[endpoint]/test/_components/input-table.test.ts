import { expect, test } from 'vitest';
import { bodyOfTable, datatypeOf, tableOf, takesText } from './input-table.ts';

const body = {
  input_data: {
    columns: ['length', 'kind'],
    index: [0, 1],
    data: [
      [5.1, 'a'],
      [null, 'true'],
    ],
  },
};

test('a request of columns and rows is shown as a table', () => {
  expect(tableOf(body)).toEqual({
    columns: ['length', 'kind'],
    rows: [
      ['5.1', 'a'],
      ['null', 'true'],
    ],
  });
});

test.each([
  ['nested cells', { input_data: { columns: ['a'], data: [[[1]]] } }],
  ['no columns', { input_data: [[1, 2]] }],
  ['ragged rows', { input_data: { columns: ['a', 'b'], data: [[1]] } }],
  ['something else', 'text'],
  [
    'a wide matrix',
    { input_data: { columns: Array.from({ length: 64 }, (_, i) => `p${i}`), data: [Array(64).fill(0)] } },
  ],
])('%s stay JSON', (_, other) => expect(tableOf(other)).toBeNull());

test('cells are sent as what they read as, and as text where the model takes text', () => {
  const table = { columns: ['a', 'b', 'c'], rows: [['1.5', 'true', 'x y']] };
  expect(bodyOfTable(table, false)).toEqual({
    input_data: { columns: ['a', 'b', 'c'], index: [0], data: [[1.5, true, 'x y']] },
  });
  expect(bodyOfTable({ columns: ['t'], rows: [['12']] }, true)).toEqual({
    input_data: { columns: ['t'], index: [0], data: [['12']] },
  });
});

test('text models are known by their signature', () => {
  expect(takesText([{ name: 't', datatype: 'BYTES', shape: [null] }])).toBe(true);
  expect(takesText([{ name: 'x', datatype: 'FP32', shape: [null, 4] }])).toBe(false);
});

test('a column has the type of the input of its name, else that of the only input', () => {
  const features = { name: 'features', datatype: 'FP32', shape: [null, 4] };
  const length = { name: 'length', datatype: 'FP64', shape: [null] };
  expect(datatypeOf([features], 'sepal_length')).toBe('FP32');
  expect(datatypeOf([features, length], 'length')).toBe('FP64');
  expect(datatypeOf([features, length], 'sepal_length')).toBeNull();
  expect(datatypeOf([], 'length')).toBeNull();
});
