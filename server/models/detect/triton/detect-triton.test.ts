import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

const ONNX = buildIdentity('FP32');
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
  const detected = await detect({ 'net/1/model.onnx': ONNX });
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

test('an ensemble is what its steps are', async () => {
  const ensemble = (second: string): string => `
    platform: "ensemble"
    input { name: "raw" data_type: TYPE_FP32 dims: [ 2 ] }
    output { name: "end" data_type: TYPE_FP32 dims: [ 2 ] }
    ensemble_scheduling { step [ { model_name: "net" }, { model_name: "${second}" } ] }`;
  const files = { 'net/config.pbtxt': CONFIG, 'net/1/model.onnx': ONNX, 'all/1/keep': '' };
  expect(await detect({ ...files, 'all/config.pbtxt': ensemble('net') })).toMatchObject({
    servable: true,
    entry: 'all/config.pbtxt',
    inputs: [{ name: 'raw' }],
  });
  expect(await detect({ 'all/config.pbtxt': ensemble('gone') })).toMatchObject({
    servable: false,
    reason: expect.stringContaining('Its step "gone" is no model of this repository'),
  });
});

test.each([
  ['a broken description', 'max_batch_size: {', 'Its config.pbtxt has its end'],
  ['another name than its folder', 'name: "other"', 'calls it "other"'],
  ['an input that the graph lacks', 'input { name: "z" data_type: TYPE_FP32 dims: [ 1 ] }', 'names the input "z"'],
  ['another type', 'input { name: "x" data_type: TYPE_INT64 dims: [ 1 ] }', 'is INT64, and the graph says FP32'],
  ['a sequence', 'sequence_batching { }', 'keeps the requests of a sequence together'],
  ['another file', 'default_model_filename: "net.onnx"', 'The file net.onnx is not there'],
  ['no such version', 'version_policy { specific { versions: 7 } }', 'no version that is served'],
])('%s is told before a deploy', async (_, text, words) => {
  const detected = await detect({ 'net/config.pbtxt': `backend: "onnxruntime"\n${text}`, 'net/1/model.onnx': ONNX });
  expect(detected).toMatchObject({ servable: false, reason: expect.stringContaining(words) });
});

test('a damaged model is told', async () => {
  expect(await detect({ 'net/1/model.onnx': '<html>' })).toMatchObject({
    format: 'triton',
    servable: false,
    reason: expect.stringContaining('not an ONNX file'),
  });
});
