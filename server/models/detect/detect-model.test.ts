import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { detectedModelSchema } from '#lib/contracts/model.ts';
import { detectModel } from './detect-model.ts';
import { encodeNode } from './onnx-writer.ts';
import { buildIdentity, buildOnnx } from './testing/build-onnx.ts';

const SAMPLES = join(import.meta.dirname, '../../../samples');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-detect-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

test.each(['iris/v1', 'iris/v2', 'digits/v1', 'sentiment/v1'])(
  'sample %s is servable and brings its request',
  async (sample) => {
    const detected = detectedModelSchema.parse(await detectModel(join(SAMPLES, sample, 'model')));
    expect(detected).toMatchObject({ format: 'onnx', servable: true, warnings: [], onnx: { opset: 17 } });
    expect(detected.sample_request).toHaveProperty('input_data');
  },
);

test('the answer of scikit-learn’s ZipMap is a MAP', async () => {
  const { outputs } = await detectModel(join(SAMPLES, 'iris/v1/model'));
  expect(outputs).toEqual([
    { name: 'output_label', datatype: 'BYTES', shape: [null] },
    { name: 'output_probability', datatype: 'MAP', shape: [null] },
  ]);
});

test('a single file is detected as its folder would be', async () => {
  const detected = await detectModel(join(SAMPLES, 'digits/v1/model/digits.onnx'));
  expect(detected).toMatchObject({ servable: true, entry: 'digits.onnx' });
});

test('missing external data are named', async () => {
  const initializers = ['w.bin', 'v.bin'].map((location) => ({ name: location, elementType: 1, dims: [2], location }));
  const model = buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2] }],
    nodes: [encodeNode('Add', ['x', 'w.bin'], ['y'])],
    initializers,
  });
  await write('net/model.onnx', model);
  await write('net/w.bin', new Uint8Array(8));
  const detected = await detectModel(folder);
  expect(detected).toMatchObject({ servable: false, onnx: { external_data: ['w.bin', 'v.bin'] } });
  expect(detected.reason).toContain('1 file that did not come with it: v.bin');
  await write('net/v.bin', new Uint8Array(8));
  expect(await detectModel(folder)).toMatchObject({ servable: true });
});

test('external data outside the folder are refused', async () => {
  const initializers = [{ name: 'w', elementType: 1, dims: [2], location: '../../etc/passwd' }];
  await write(
    'model.onnx',
    buildOnnx({ inputs: [], outputs: [{ name: 'w', datatype: 'FP32', shape: [2] }], nodes: [], initializers }),
  );
  expect(await detectModel(folder)).toMatchObject({
    servable: false,
    reason: expect.stringContaining('outside its folder'),
  });
});

test('a datatype that cannot be carried is named', async () => {
  await write('model.onnx', buildIdentity('BF16'));
  expect(await detectModel(folder)).toMatchObject({
    servable: false,
    reason: expect.stringContaining('Input "x" is a BF16 tensor'),
    inputs: [{ name: 'x', datatype: 'BF16', shape: ['n'] }],
  });
});

test('a sequence before it can be taken apart is told before a deploy', async () => {
  const model = {
    inputs: [],
    outputs: [{ name: 's', datatype: 'SEQUENCE' }],
    nodes: [encodeNode('SequenceEmpty', [], ['s'])],
  };
  await write('model.onnx', buildOnnx({ ...model, opset: 13 }));
  expect(await detectModel(folder)).toMatchObject({
    servable: false,
    reason: expect.stringContaining('needs operator set 17'),
  });
  await write('model.onnx', buildOnnx(model));
  expect(await detectModel(folder)).toMatchObject({ servable: true });
});

test('a file that only calls itself .onnx says what is wrong with it', async () => {
  await write('model.onnx', '<html>404 not found</html>');
  const detected = await detectModel(folder);
  expect(detected).toMatchObject({ format: 'onnx', servable: false, onnx: null });
  expect(detected.reason).toContain('not an ONNX file');
});

test('an MLflow description wins over the .onnx file beside it', async () => {
  await write('m/MLmodel', 'flavors: {python_function: {}}');
  await write('m/model.onnx', buildIdentity('FP32'));
  expect(await detectModel(folder)).toMatchObject({ format: 'mlflow', entry: 'm/MLmodel', onnx: null });
});

test('rows that were written before there was more to tell are still read', () => {
  const row = {
    format: 'onnx',
    servable: true,
    reason: '',
    entry: 'm.onnx',
    inputs: [],
    outputs: [],
    sample_request: null,
    onnx: null,
    warnings: [],
  };
  expect(detectedModelSchema.parse(row)).toEqual(row);
});

test('an input example is wrapped, a broken one is a warning', async () => {
  await write('model.onnx', buildIdentity('FP32'));
  await write('input_example.json', '[1, 2, 3]');
  expect((await detectModel(folder)).sample_request).toEqual({ input_data: [1, 2, 3] });
  await write('sample-request.json', '{broken');
  const detected = await detectModel(folder);
  expect(detected.sample_request).toEqual({ input_data: [0.5] });
  expect(detected.warnings).toEqual([expect.stringContaining('sample-request.json is not valid JSON')]);
});
