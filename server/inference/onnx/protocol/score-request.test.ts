import { describe, expect, test } from 'vitest';
import type { Datatype } from '../tensors/datatypes.ts';
import type { AxisSpec, TensorSignature } from '../tensors/tensor.ts';
import { InputError } from './input-error.ts';
import { decodeScoreRequest } from './score-request.ts';

const tensor = (name: string, datatype: Datatype, shape: AxisSpec[]): TensorSignature => ({ name, datatype, shape });
const matrix = [tensor('x', 'FP32', [null, 2])];
const columns = [tensor('age', 'INT64', [null, 1]), tensor('city', 'BYTES', [null])];

function decode(body: unknown, inputs: readonly TensorSignature[]) {
  const decoded = decodeScoreRequest(body, inputs);
  return Object.fromEntries(
    [...decoded].map(([name, { dims, data }]) => [name, { dims, data: Array.from(data as ArrayLike<unknown>) }]),
  );
}

describe('every form of one matrix gives the same tensor', () => {
  const rows = [
    [1, 2],
    [3, 4],
  ];
  const records = [
    { a: 1, b: 2 },
    { b: 4, a: 3 },
  ];
  test.each([
    { input_data: rows },
    { inputs: rows },
    { instances: rows },
    { input_data: { x: rows } },
    { inputs: { x: rows } },
    { x: rows },
    { input_data: { columns: ['a', 'b'], index: [0, 1], data: rows } },
    { input_data: { columns: ['a', 'b'], data: rows } },
    { input_data: { data: rows } },
    { input_data: { index: [7, 8], data: rows } },
    { input_data: records },
    { instances: records },
    { dataframe_split: { columns: ['a', 'b'], data: rows } },
    { dataframe_records: records },
    { input_data: rows, params: {} },
    { input_data: rows, params: null },
    { instances: rows, signature_name: 'serving_default' },
  ])('%j', (body) => {
    expect(decode(body, matrix)).toEqual({ x: { dims: [2, 2], data: [1, 2, 3, 4] } });
  });
});

describe('every form of two columns gives the same tensors', () => {
  test.each([
    {
      input_data: {
        columns: ['city', 'age'],
        data: [
          ['Bonn', 30],
          ['Ulm', 40],
        ],
      },
    },
    {
      input_data: [
        { age: 30, city: 'Bonn' },
        { city: 'Ulm', age: 40 },
      ],
    },
    {
      instances: [
        { age: [30], city: 'Bonn' },
        { age: [40], city: 'Ulm' },
      ],
    },
    { input_data: { age: [[30], [40]], city: ['Bonn', 'Ulm'] } },
    { age: [30, 40], city: ['Bonn', 'Ulm'] },
    {
      dataframe_split: {
        columns: ['age', 'city'],
        index: [0, 1],
        data: [
          [30, 'Bonn'],
          [40, 'Ulm'],
        ],
      },
    },
  ])('%j', (body) => {
    expect(decode(body, columns)).toEqual({
      age: { dims: [2, 1], data: [30n, 40n] },
      city: { dims: [2], data: ['Bonn', 'Ulm'] },
    });
  });
});

test('a list of texts is a column of texts', () => {
  const inputs = [tensor('text', 'BYTES', [null, 1])];
  expect(decode({ input_data: ['a', 'b'] }, inputs)).toEqual({ text: { dims: [2, 1], data: ['a', 'b'] } });
});

test('an input called data is not taken for a table', () => {
  const inputs = [tensor('data', 'FP32', [null])];
  expect(decode({ input_data: { data: [1, 2] } }, inputs)).toEqual({ data: { dims: [2], data: [1, 2] } });
});

test('an input called inputs can be given bare', () => {
  const inputs = [tensor('inputs', 'FP32', [null]), tensor('mask', 'BOOL', [null])];
  expect(Object.keys(decode({ inputs: [1], mask: [true] }, inputs))).toEqual(['inputs', 'mask']);
});

describe('what does not fit is refused with the tensor, what was expected and what came', () => {
  test.each([
    [[1, 2], 'must be a JSON object'],
    [null, 'must be a JSON object such as {"input_data": …}, got null'],
    [{}, 'Input "x" (FP32 [?, 2]) is missing, got nothing'],
    [{ y: [[1, 2]] }, 'no input "y" (a tensor of the request). Its inputs: "x"'],
    [{ input_data: { y: [[1, 2]] } }, 'no input "y"'],
    [{ input_data: [[1, 2, 3]] }, 'Input "x" expects FP32 of shape [?, 2], got shape [1, 3]'],
    [{ input_data: [1, 2] }, 'got shape [2]'],
    [{ input_data: 5 }, 'got shape []'],
    [{ input_data: [] }, 'Input "x" expects FP32 of shape [?, 2], got shape [0]'],
    [{ input_data: [[]] }, 'got shape [1, 0]'],
    [{ input_data: null }, 'Input "x" expects FP32 of shape [?, 2], got shape []'],
    [{ input_data: [[1, 2], [3]] }, 'Input "x" expects lists of 2 values here, got 1 at [1]'],
    [{ input_data: [[1, 2], 3] }, 'got 3 at [1]'],
    [{ input_data: [[1, null]] }, 'Input "x" expects finite FP32 numbers, got null at [0][1]'],
    [{ input_data: [[1, 'two']] }, 'got the text "two" at [0][1]'],
    [{ input_data: [[true, 2]] }, 'got true at [0][0]'],
    [{ input_data: [[1e39, 2]] }, 'Input "x" expects finite FP32 numbers, got 1e+39 at [0][0]'],
    [{ input_data: [[1, [2]]] }, 'got a list of 1 at [0][1]'],
    [{ input_data: [[1, 2]], extra: 1 }, 'unknown member "extra"'],
    [{ input_data: [[1, 2]], params: { t: 1 } }, 'takes no "params"'],
    [{ input_data: { columns: ['a'], data: [[1]] } }, 'Input "x" expects 2 columns (shape [?, 2]), got 1: a'],
    [{ input_data: { columns: ['a', 'a'], data: [[1, 2]] } }, 'names a column twice'],
    [
      { input_data: { columns: ['a', 'b'], data: [[1]] } },
      'Row 0 of "input_data" must hold one value per column (2), got 1 values',
    ],
    [{ input_data: { columns: ['a', 'b'], data: [[1, 2]], index: [] } }, 'one entry per row'],
    [{ input_data: { columns: ['a', 'b'], data: [[1, 2]], idx: [] } }, 'unknown member "idx"'],
    [{ input_data: { columns: 'ab', data: [[1, 2]] } }, 'must be {"columns"'],
    [{ dataframe_split: [[1, 2]] }, 'must be {"columns"'],
    [{ dataframe_records: [[1, 2]] }, '"dataframe_records" must be a list of records, got a list of 1'],
    [{ input_data: [{ a: 1, b: 2 }, { a: 1 }] }, 'Record 1 of "input_data" has other columns than the first: a'],
    [{ input_data: [{ a: 1, b: 2 }, 7] }, 'Record 1 of "input_data" is 7, not an object'],
  ])('%j', (body, words) => {
    expect(() => decodeScoreRequest(body, matrix)).toThrow(InputError);
    expect(() => decodeScoreRequest(body, matrix)).toThrow(words);
  });

  test.each([
    [{ input_data: [[1, 2]] }, 'The model has 2 inputs, so "input_data" must name them ({"age": …, "city": …})'],
    [{ input_data: { age: [1] } }, 'Input "city" (BYTES [?]) is missing, got age'],
    [{ input_data: [{ age: 1, city: 'x', zip: 3 }] }, 'no input "zip" (a column of the request)'],
    [
      { input_data: { age: [1.5], city: ['x'] } },
      'Input "age" expects whole INT64 numbers from -9223372036854775808 to 9223372036854775807, got 1.5 at [0]',
    ],
    [{ input_data: { age: [1e17], city: ['x'] } }, 'Input "age"'],
    [
      { input_data: { age: [1], city: [2] } },
      'Input "city" expects BYTES values as text without NUL characters and lone surrogates, got 2 at [0]',
    ],
  ])('%j', (body, words) => {
    expect(() => decodeScoreRequest(body, columns)).toThrow(words);
  });
});
