import { expect, test } from 'vitest';
import { makeSampleRequest, toScoreBody } from './sample-request.ts';

test('one input gives nested lists with one row', () => {
  expect(makeSampleRequest([{ name: 'x', datatype: 'FP32', shape: ['n', 3] }])).toEqual({
    input_data: [[0.5, 0.5, 0.5]],
  });
});

test('several inputs are named, each with values of its datatype', () => {
  const inputs = [
    { name: 'ids', datatype: 'INT64', shape: [null, 2] },
    { name: 'text', datatype: 'BYTES', shape: [null] },
    { name: 'flag', datatype: 'BOOL', shape: [] },
  ];
  expect(makeSampleRequest(inputs)).toEqual({ input_data: { ids: [[1, 1]], text: ['text'], flag: true } });
});

test('a sample too long to read is not made', () => {
  expect(makeSampleRequest([{ name: 'image', datatype: 'FP32', shape: [null, 3, 224, 224] }])).toBeNull();
});

test('a bare example is wrapped, a body is left as it is', () => {
  expect(toScoreBody([[1, 2]])).toEqual({ input_data: [[1, 2]] });
  expect(toScoreBody({ inputs: [1] })).toEqual({ inputs: [1] });
});
