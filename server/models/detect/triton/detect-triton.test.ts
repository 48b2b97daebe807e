import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { detectedModelSchema } from '#lib/contracts/model.ts';
import { detectModel } from '../detect-model.ts';
import { buildIdentity } from '#server/models/detect/testing/build-onnx.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-detect-triton-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function detect(files: Record<string, string | Uint8Array>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return detectedModelSchema.parse(await detectModel(folder));
}

const ONNX = buildIdentity('FP32', ['n', 2]);
const OPEN = buildIdentity('FP32');
const CONFIG = `
backend: "onnxruntime"
max_batch_size: 4
input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }
output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }
dynamic_batching { }
`;

test('an ONNX model is served without Triton, as its description says', async () => {
  const detected = await detect({
    'repo/net/config.pbtxt': CONFIG,
    'repo/net/1/model.onnx': ONNX,
    'repo/net/2/model.onnx': ONNX,
    'repo/readme.md': 'hello',
  });
  expect(detected).toMatchObject({
    format: 'triton',
    servable: true,
    entry: 'repo/net/config.pbtxt',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [null, 2] }],
    sample_request: { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [0.5, 0.5] }] },
    triton: {
      repository: 'repo',
      models: [
        {
          name: 'net',
          backend: 'onnxruntime',
          max_batch_size: 4,
          versions: [1, 2],
          served_versions: [2],
          dynamic_batching: true,
          instance_count: 1,
          servable_without_triton: true,
        },
      ],
    },
  });
});

test('a model without a description is described by its graph', async () => {
  const detected = await detect({ 'net/1/model.onnx': OPEN });
  expect(detected).toMatchObject({
    servable: true,
    entry: 'net/1/model.onnx',
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n'] }],
    triton: { repository: '', models: [{ name: 'net', config: null, backend: 'onnxruntime' }] },
  });
});

test('what only Triton serves is named, with the reason', async () => {
  const detected = await detect({
    'engine/config.pbtxt': 'platform: "tensorrt_plan"',
    'engine/1/model.plan': 'x',
    'net/config.pbtxt': CONFIG,
    'net/1/model.onnx': ONNX,
    'script/config.pbtxt': 'backend: "python"',
    'script/1/model.py': 'x',
  });
  expect(detected.servable).toBe(false);
  expect(detected.reason).toBe(
    '2 of 3 models cannot be served without Triton. "engine": It is a TensorRT engine, which only Triton serves. "script": It is a model of Triton’s Python backend, which only Triton serves.',
  );
  expect(detected.triton?.models.map(({ servable_without_triton: isServable }) => isServable)).toEqual([
    false,
    true,
    false,
  ]);
});

const TENSORS = `
  platform: "ensemble" max_batch_size: 4
  input { name: "raw" data_type: TYPE_FP32 dims: [ 2 ] }
  output { name: "end" data_type: TYPE_FP32 dims: [ 2 ] }`;
const step = (model: string, from: string, to: string, more = ''): string =>
  `{ model_name: "${model}" ${more} input_map { key: "x" value: "${from}" } output_map { key: "y" value: "${to}" } }`;
const ensemble = (steps: readonly string[], tensors = TENSORS): string =>
  `${tensors} ensemble_scheduling { step [ ${steps.join(', ')} ] }`;
const CHAIN = [step('net', 'raw', 'mid'), step('net', 'mid', 'end')];

test('an ensemble is what its steps are, and stands for the repository', async () => {
  const files = {
    'a/config.pbtxt': CONFIG,
    'a/1/model.onnx': ONNX,
    'net/config.pbtxt': CONFIG,
    'net/1/model.onnx': ONNX,
  };
  expect(await detect({ ...files, 'whole/config.pbtxt': ensemble(CHAIN) })).toMatchObject({
    servable: true,
    entry: 'whole/config.pbtxt',
    inputs: [{ name: 'raw', shape: [null, 2] }],
    sample_request: { inputs: [{ name: 'raw', shape: [1, 2], datatype: 'FP32', data: [0.5, 0.5] }] },
    triton: { sample_path: '/v2/models/whole/infer' },
    warnings: [expect.stringContaining('"whole" has no version folder')],
  });
});

test('an ensemble may call an ensemble', async () => {
  const detected = await detect({
    'net/config.pbtxt': CONFIG,
    'net/1/model.onnx': ONNX,
    'inner/1/keep': '',
    'inner/config.pbtxt': ensemble([step('net', 'raw', 'end')]),
    'outer/1/keep': '',
    'outer/config.pbtxt': ensemble([
      '{ model_name: "inner" input_map { key: "raw" value: "raw" } output_map { key: "end" value: "end" } }',
    ]),
  });
  expect(detected).toMatchObject({ servable: true, entry: 'outer/config.pbtxt', warnings: [] });
});

describe('an ensemble that cannot be served says why', () => {
  test.each([
    [
      'a step that is not there',
      ensemble([step('gone', 'raw', 'end')]),
      'Its step "gone" is no model of this repository',
    ],
    ['no steps', `${TENSORS} ensemble_scheduling { }`, 'The ensemble has no steps'],
    ['no schedule', TENSORS, 'has no "ensemble_scheduling"'],
    ['itself', ensemble([step('whole', 'raw', 'end')]), 'Its step "whole" is called by itself'],
    ['a version that is not served', ensemble([step('net', 'raw', 'end', 'model_version: 7')]), 'asks for version 7'],
    [
      'a wrong input',
      ensemble(['{ model_name: "net" input_map { key: "z" value: "raw" } }']),
      'has no input "z", which its input_map names',
    ],
    [
      'an input left out',
      ensemble(['{ model_name: "net" }']),
      'needs the input "x", which its input_map does not name',
    ],
    ['a tensor made twice', ensemble([...CHAIN, step('net', 'raw', 'end')]), 'Its tensor "end" is made twice'],
    [
      'a tensor that nothing makes',
      ensemble([step('net', 'mid', 'end')]),
      'Its tensor "mid", which is the input "x" of its step "net", is made by none',
    ],
    [
      'steps in a circle',
      ensemble([step('net', 'b', 'a'), step('net', 'a', 'b'), step('net', 'raw', 'end')]),
      'wait for each other',
    ],
    ['another type', ensemble(CHAIN, TENSORS.replace('TYPE_FP32', 'TYPE_INT64')), 'Its tensor "raw" is INT64 [?, 2]'],
    ['another shape', ensemble(CHAIN, TENSORS.replace('[ 2 ]', '[ 3 ]')), 'Its tensor "raw" is FP32 [?, 3]'],
    ['a larger batch', ensemble(CHAIN, TENSORS.replace('4', '8')), 'takes at most 4 rows (max_batch_size)'],
  ])('%s', async (_, text, words) => {
    const files = { 'net/config.pbtxt': CONFIG, 'net/1/model.onnx': ONNX, 'whole/1/keep': '' };
    const detected = await detect({ ...files, 'whole/config.pbtxt': text });
    expect(detected).toMatchObject({ servable: false, reason: expect.stringContaining(words) });
  });
});

test.each([
  ['a broken description', 'max_batch_size: {', 'Its config.pbtxt has its end'],
  ['another name than its folder', 'name: "other"', 'calls it "other"'],
  ['an input that the graph lacks', 'input { name: "z" data_type: TYPE_FP32 dims: [ 1 ] }', 'names the input "z"'],
  ['another type', 'input { name: "x" data_type: TYPE_INT64 dims: [ 1 ] }', 'is INT64, and the graph says FP32'],
  ['a sequence', 'sequence_batching { }', 'keeps the requests of a sequence together'],
  ['another file', 'default_model_filename: "net.onnx"', 'The file net.onnx is not there'],
  ['no such version', 'version_policy { specific { versions: 7 } }', 'serves none of the versions that it has: 1'],
  [
    'no class names',
    'output { name: "y" data_type: TYPE_FP32 dims: 2 label_filename: "l" }',
    'label_filename "l" is not',
  ],
  [
    'another shape',
    'input { name: "x" data_type: TYPE_FP32 dims: [ 2, 2 ] }',
    'the shape [2, 2], and the graph has [n]',
  ],
  [
    'a batch that the graph has not',
    'max_batch_size: 4 input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }',
    'the shape [?, 2], with the axis that max_batch_size puts before "dims", and the graph has [n]',
  ],
])('%s is told before a deploy', async (_, text, words) => {
  const detected = await detect({ 'net/config.pbtxt': `backend: "onnxruntime"\n${text}`, 'net/1/model.onnx': OPEN });
  expect(detected).toMatchObject({ servable: false, reason: expect.stringContaining(words) });
});

test.each([
  ['of tensors that are described', 'input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }'],
  ['of tensors that are left to the graph', ''],
])('a batch that a graph has no axis for is told, %s', async (_, tensors) => {
  const detected = await detect({
    'net/config.pbtxt': `backend: "onnxruntime" max_batch_size: 4 ${tensors}`,
    'net/1/model.onnx': buildIdentity('FP32', [1, 2]),
  });
  expect(detected).toMatchObject({
    servable: false,
    reason: expect.stringContaining('max_batch_size 4, and the first axis of the input "x" is fixed at 1 in the graph'),
  });
});

test('a damaged model is told', async () => {
  expect(await detect({ 'net/1/model.onnx': '<html>' })).toMatchObject({
    format: 'triton',
    servable: false,
    reason: expect.stringContaining('not an ONNX file'),
  });
});
