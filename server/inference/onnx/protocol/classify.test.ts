import { expect, test } from 'vitest';
import type { Tensor } from '../tensors/tensor.ts';
import { classify } from './classify.ts';
import { InputError } from './input-error.ts';

const SCORES: Tensor = { datatype: 'FP32', dims: [2, 3], data: Float32Array.from([0.5, 2, -1, 4, 4, Number.NaN]) };

test('each row of a batch has its own highest values, the first of equal ones first, what is no number last', () => {
  expect(classify('y', SCORES, 2, { hasBatch: true, labels: new Map([['y', ['a', 'b']]]) })).toEqual({
    datatype: 'BYTES',
    dims: [2, 2],
    data: ['2.000000:1:b', '0.500000:0:a', '4.000000:0:a', '4.000000:1:b'],
  });
  expect(classify('y', SCORES, 9, { hasBatch: true, labels: new Map() }).data).toHaveLength(6);
});

test('without a batch the whole tensor is one row', () => {
  const counts: Tensor = { datatype: 'INT64', dims: [3], data: BigInt64Array.from([1n, 2n ** 60n, 3n]) };
  expect(classify('y', counts, 2, { hasBatch: false, labels: new Map() })).toEqual({
    datatype: 'BYTES',
    dims: [2],
    data: [`${2n ** 60n}:1`, '3:2'],
  });
});

test('text has no classes', () => {
  const text: Tensor = { datatype: 'BYTES', dims: [1], data: ['a'] };
  expect(() => classify('y', text, 1, { hasBatch: false, labels: new Map() })).toThrow(InputError);
});
