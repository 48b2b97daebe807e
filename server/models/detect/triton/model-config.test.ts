import { describe, expect, test } from 'vitest';
import { clientShape, parseTritonConfig, servedVersions } from './model-config.ts';

const FULL = `
name: "net"
platform: "onnxruntime_onnx"
max_batch_size: 8
default_model_filename: "net.onnx"
input [
  { name: "x" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [ 3, -1 ] reshape { shape: [ 1, 3, -1 ] } },
  { name: "mask" data_type: TYPE_BOOL dims: 1 optional: true }
]
output { name: "label" data_type: TYPE_STRING dims: [ 1 ] reshape: { shape: [ ] } label_filename: "names.txt" }
version_policy: { specific { versions: 1, versions: 3 } }
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
instance_group [ { count: 2 kind: KIND_CPU }, { kind: KIND_GPU gpus: [ 0 ] } ]
parameters { key: "threads" value { string_value: "2" } }
optimization { execution_accelerators { cpu_execution_accelerator : [ { name : "openvino" } ] } }
`;

test('every part of a description that matters here is read', () => {
  expect(parseTritonConfig(FULL)).toEqual({
    name: 'net',
    platform: 'onnxruntime_onnx',
    backend: '',
    defaultModelFilename: 'net.onnx',
    maxBatchSize: 8,
    inputs: [
      { name: 'x', datatype: 'FP32', dims: [3, -1], reshape: [1, 3, -1], labelFile: '' },
      { name: 'mask', datatype: 'BOOL', dims: [1], reshape: null, labelFile: '' },
    ],
    outputs: [{ name: 'label', datatype: 'BYTES', dims: [1], reshape: [], labelFile: 'names.txt' }],
    versionPolicy: { specific: [1, 3] },
    dynamicBatching: { preferredBatchSizes: [4, 8], maxQueueDelayMicroseconds: 100 },
    instanceGroups: [
      { count: 2, kind: 'KIND_CPU' },
      { count: 1, kind: 'KIND_GPU' },
    ],
    ensemble: null,
    onlyTriton: ['lets the input "mask" be left out (optional)'],
    parameters: { threads: '2' },
  });
});

test('an empty description leaves everything to its defaults', () => {
  expect(parseTritonConfig('')).toMatchObject({
    maxBatchSize: 0,
    versionPolicy: { latest: 1 },
    dynamicBatching: null,
    instanceGroups: [],
    ensemble: null,
  });
});

test('an ensemble names its steps and how tensors go between them', () => {
  const { ensemble } = parseTritonConfig(`
    ensemble_scheduling { step [
      { model_name: "a" model_version: -1 input_map { key: "in" value: "raw" } output_map { key: "out" value: "mid" } },
      { model_name: "b" model_version: 2 input_map { key: "in" value: "mid" } output_map { key: "out" value: "end" } }
    ] }`);
  expect(ensemble).toEqual([
    { model: 'a', version: -1, inputs: { in: 'raw' }, outputs: { out: 'mid' } },
    { model: 'b', version: 2, inputs: { in: 'mid' }, outputs: { out: 'end' } },
  ]);
});

describe('what cannot be meant is named by its field and line', () => {
  const x = 'name: "x" data_type: TYPE_FP32';
  test.each([
    ['\nmax_batch_size: -1', 'has -1 in "max_batch_size", which is below 0 (line 2)'],
    ['max_batch_size: "4"', 'has in "max_batch_size" something other than a whole number (line 1)'],
    [
      'max_batchsize: 4',
      'has "max_batchsize", which is no field of a model\'s description; perhaps "max_batch_size" was',
    ],
    [`input {\n ${x}\n dim: 1 }`, 'has "input.dim", which is no field of a model\'s description; perhaps "dims" was'],
    [`input { ${x} dims: "3" }`, 'has in "input.dims" something other than a number (line 1)'],
    [`input { ${x} dims: [ 0 ] }`, 'has in "dims" of the input "x" something other than whole numbers above 0 and -1'],
    [`input { ${x} }`, 'has no "dims" for the input "x"'],
    ['input { dims: 1 data_type: TYPE_FP32 }', 'has an input without "name"'],
    ['input { name: "x" dims: 1 }', 'has no "data_type" for the input "x"'],
    ['output { name: "x" data_type: FP32 dims: 1 }', 'has the data_type FP32 for the output "x"'],
    [`input { ${x} dims: 1 }\ninput { ${x} dims: 1 }`, 'has the input "x" twice (line 2)'],
    [`input { ${x} dims: 4 reshape { shape: [ 2, 3 ] } }`, 'a "reshape" to [2, 3], which does not hold what [4] holds'],
    ['default_model_filename: "../x.onnx"', "a file outside of the model's folder"],
    ['instance_group { count: 0 }', 'has 0 in "instance_group.count", which is below 1'],
  ])('%j', (text, words) => {
    expect(() => parseTritonConfig(text)).toThrow(words);
  });
});

test.each([
  ['sequence_batching { }', 'keeps the requests of a sequence together'],
  ['batch_input { kind: BATCH_ELEMENT_COUNT }', 'makes tensors of its batches'],
  ['model_transaction_policy { decoupled: true }', 'answers a request several times'],
  ['input { name: "x" data_type: TYPE_FP32 dims: 1 allow_ragged_batch: true }', 'rows of different shapes'],
])('only Triton does %j', (text, words) => {
  expect(parseTritonConfig(text).onlyTriton).toEqual([expect.stringContaining(words)]);
});

test('clients see the batch’s axis where there is one', () => {
  const tensor = { name: 'x', datatype: 'FP32', dims: [3, -1], reshape: null, labelFile: '' };
  expect(clientShape(tensor, 0)).toEqual([3, null]);
  expect(clientShape(tensor, 4)).toEqual([null, 3, null]);
});

describe('versions that are served', () => {
  test.each([
    ['all' as const, [1, 2, 10]],
    [{ latest: 1 }, [10]],
    [{ latest: 2 }, [2, 10]],
    [{ specific: [2, 7] }, [2]],
  ])('%j', (policy, served) => expect(servedVersions(policy, [10, 2, 1])).toEqual(served));
});
