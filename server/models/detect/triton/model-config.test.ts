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
output { name: "label" data_type: TYPE_STRING dims: [ 1 ] reshape: { shape: [ ] } }
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
      { name: 'x', datatype: 'FP32', dims: [3, -1], reshape: [1, 3, -1], optional: false },
      { name: 'mask', datatype: 'BOOL', dims: [1], reshape: null, optional: true },
    ],
    outputs: [{ name: 'label', datatype: 'BYTES', dims: [1], reshape: [], optional: false }],
    versionPolicy: { specific: [1, 3] },
    dynamicBatching: { preferredBatchSizes: [4, 8], maxQueueDelayMicroseconds: 100 },
    instanceGroups: [
      { count: 2, kind: 'KIND_CPU' },
      { count: 1, kind: 'KIND_GPU' },
    ],
    ensemble: null,
    hasSequenceBatching: false,
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

test('a value of another kind is named by its path', () => {
  expect(() => parseTritonConfig('input { dims: "3" }')).toThrow('has in "input.dims" something other than a number');
});

test('clients see the batch’s axis where there is one', () => {
  const tensor = { name: 'x', datatype: 'FP32', dims: [3, -1], reshape: null, optional: false };
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
