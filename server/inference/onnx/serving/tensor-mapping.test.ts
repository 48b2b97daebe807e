import { describe, expect, test } from 'vitest';
import { parseTritonConfig } from '#server/models/detect/triton/model-config.ts';
import { InputError } from '../protocol/input-error.ts';
import type { NamedTensors } from '../tensors/tensor.ts';
import { checkBatch, TensorMapping } from './tensor-mapping.ts';

const rows = (
  name: string,
  dims: number[],
): [string, { datatype: 'FP32'; dims: number[]; data: Float32Array<ArrayBuffer> }] => [
  name,
  { datatype: 'FP32', dims, data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)) },
];
const GRAPH = {
  inputs: [{ name: 'x', datatype: 'FP32' as const, shape: ['n', 2] }],
  outputs: [
    { name: 'y', datatype: 'FP32' as const, shape: ['n', 2] },
    { name: 'values', datatype: 'FP32' as const, shape: [null] },
  ],
};

test('outputs that a description does not name are not answered, in no form', () => {
  const config = parseTritonConfig('max_batch_size: 4 output { name: "y" data_type: TYPE_FP32 dims: 2 }');
  const mapping = new TensorMapping(config, GRAPH);
  expect(mapping.inputs).toEqual(GRAPH.inputs);
  expect([...mapping.toClient(new Map([rows('y', [1, 2]), rows('values', [3])])).keys()]).toEqual(['y']);
  const list = { kind: 'sequence' as const, name: 'list', values: 'values', shapes: 'shapes', ranks: 'ranks' };
  const tensor = { kind: 'tensor' as const, name: 'y' };
  expect(mapping.viewsOf([list, tensor])).toEqual([tensor]);
  expect(new TensorMapping(parseTritonConfig(''), GRAPH).viewsOf([list, tensor])).toEqual([list, tensor]);
});

describe('a batch', () => {
  const both = (a: number, b: number): NamedTensors => new Map([rows('a', [a, 1]), rows('b', [b, 1])]);

  test('is as large as its bound, and equal at all inputs', () => {
    expect(() => checkBatch(2, both(2, 2))).not.toThrow();
    expect(() => checkBatch(2, both(3, 3))).toThrow(InputError);
    expect(() => checkBatch(2, both(1, 2))).toThrow('Input "b" has 2 rows, and "a" has 1: they must be equal.');
  });

  test('is not looked for where there is none', () => expect(() => checkBatch(0, both(9, 1))).not.toThrow());
});
