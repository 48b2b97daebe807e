import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeNode } from '#server/models/detect/onnx-writer.ts';
import { buildIdentity, buildOnnx, floatBytes } from '#server/models/detect/testing/build-onnx.ts';
import { startServer, type TestServer } from './testing/start-server.ts';

/** `y = x · factor`, for rows of two numbers. */
function scale(factor: number): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 2] }],
    initializers: [{ name: 'k', elementType: 1, dims: [1], raw: floatBytes([factor]) }],
    nodes: [encodeNode('Mul', ['x', 'k'], ['y'])],
  });
}

const IO = `
  input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }
  output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }`;

/** `end = raw · 2 · 10` by way of two models, and `half = raw · 2`. */
const CHAIN = `
  platform: "ensemble" max_batch_size: 4
  input { name: "raw" data_type: TYPE_FP32 dims: [ 2 ] }
  output { name: "end" data_type: TYPE_FP32 dims: [ 2 ] }
  output { name: "half" data_type: TYPE_FP32 dims: [ 2 ] }
  ensemble_scheduling { step [
    { model_name: "ten" model_version: -1 input_map { key: "x" value: "half" } output_map { key: "y" value: "end" } },
    { model_name: "two" model_version: 1 input_map { key: "x" value: "raw" } output_map { key: "y" value: "half" } }
  ] }`;

const FILES: Record<string, string | Uint8Array> = {
  'two/config.pbtxt': `backend: "onnxruntime" max_batch_size: 4 ${IO} version_policy { all { } } dynamic_batching { }
    instance_group { count: 2 kind: KIND_CPU } parameters { key: "who" value { string_value: "me" } }`,
  'two/1/model.onnx': scale(2),
  'two/3/model.onnx': scale(3),
  'ten/config.pbtxt': `platform: "onnxruntime_onnx" max_batch_size: 8 default_model_filename: "net.onnx"
    ${IO.replace('output { name: "y"', 'output { name: "y" label_filename: "names.txt"')}`,
  'ten/names.txt': 'left\nright\n',
  'ten/1/net.onnx': scale(1),
  'ten/2/net.onnx': scale(10),
  'chain/config.pbtxt': CHAIN,
  'whole/config.pbtxt': `
    platform: "ensemble"
    input { name: "in" data_type: TYPE_FP32 dims: [ -1, 2 ] }
    output { name: "out" data_type: TYPE_FP32 dims: [ -1, 2 ] }
    ensemble_scheduling { step { model_name: "chain"
      input_map { key: "raw" value: "in" } output_map { key: "end" value: "out" } } }`,
  'flat/config.pbtxt': `backend: "onnxruntime" max_batch_size: 2
    input { name: "x" data_type: TYPE_FP32 dims: [ 4 ] reshape { shape: [ 2, 2 ] } }
    output { name: "y" data_type: TYPE_FP32 dims: [ 4, 1 ] reshape { shape: [ 2, 2 ] } }`,
  'flat/1/model.onnx': buildIdentity('FP32', ['n', 2, 2]),
  'plain/1/model.onnx': buildIdentity('INT64', ['n', 1]),
};

const PATIENCE = 30_000;

async function startRepository(files: Record<string, string | Uint8Array>, settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-repository-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const server = await startServer(folder, settings);
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const tensor = (name: string, rows: number[][]) => ({
  name,
  shape: [rows.length, rows[0]?.length],
  datatype: 'FP32',
  data: rows.flat(),
});

describe('a repository of ONNX models', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startRepository(FILES);
  }, PATIENCE);
  afterAll(() => server.stop());

  const get = async (path: string) => (await fetch(`${server.url}${path}`)).json();
  const infer = (model: string, ...inputs: object[]) => server.post(`/v2/models/${model}/infer`, { inputs });
  const dataOf = ({ body }: { body: unknown }) =>
    (body as { outputs: { name: string; shape: number[]; data: unknown[] }[] }).outputs;

  test('every version of a policy is served, the newest where none is named', async () => {
    const rows = [[1, 2]];
    expect(dataOf(await infer('two', tensor('x', rows)))[0]?.data).toEqual([3, 6]);
    expect(dataOf(await infer('two/versions/1', tensor('x', rows)))[0]?.data).toEqual([2, 4]);
    expect(dataOf(await infer('ten', tensor('x', rows)))[0]?.data).toEqual([10, 20]);
    expect((await infer('ten/versions/1', tensor('x', rows))).status).toBe(404);
  });

  test('names, versions, shapes and readiness are told of each model', async () => {
    expect(await get('/v2/models/two')).toEqual({
      name: 'two',
      versions: ['1', '3'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    });
    expect(await get('/v2/models/chain')).toMatchObject({ platform: 'ensemble', inputs: [{ name: 'raw' }] });
    expect(await get('/v2/models/flat/versions/1')).toMatchObject({
      inputs: [{ shape: [-1, 4] }],
      outputs: [{ shape: [-1, 4, 1] }],
    });
    expect((await fetch(`${server.url}/v2/models/two/versions/3/ready`)).status).toBe(200);
    expect((await fetch(`${server.url}/v2/models/two/versions/2/ready`)).status).toBe(404);
    expect(await get('/v2/models/none')).toEqual({
      error: expect.stringMatching(/no model at .*; this instance serves chain, version 1; .*two, version 1 and 3/),
    });
  });

  test('the description that is honoured is told in Triton’s names', async () => {
    expect(await get('/v2/models/two/config')).toEqual({
      name: 'two',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      version_policy: { all: {} },
      max_batch_size: 4,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [2] }],
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [2] }],
      dynamic_batching: { preferred_batch_size: [], max_queue_delay_microseconds: 0 },
      instance_group: [{ name: 'two', kind: 'KIND_CPU', count: 1 }],
      default_model_filename: '',
      parameters: { who: { string_value: 'me' } },
    });
    expect(await get('/v2/models/chain/config')).toMatchObject({
      ensemble_scheduling: { step: [{ model_name: 'ten' }, { model_name: 'two', input_map: { x: 'raw' } }] },
    });
    expect(await get('/v2/models/plain/config')).toMatchObject({ input: [{ data_type: 'TYPE_INT64', dims: [-1, 1] }] });
  });

  test('the index lists what is served, and nothing is loaded or unloaded', async () => {
    const { body } = await server.post('/v2/repository/index', {});
    expect(body).toEqual(
      ['chain:1', 'flat:1', 'plain:1', 'ten:2', 'two:1', 'two:3', 'whole:1'].map((id) => ({
        name: id.split(':')[0],
        version: id.split(':')[1],
        state: 'READY',
        reason: '',
      })),
    );
    const change = await server.post('/v2/repository/models/two/unload', {});
    expect(change).toEqual({ status: 400, body: { error: expect.stringContaining('update the deployment') } });
  });

  test.each(['/v2/models/stats', '/v2/models/two/stats', '/v2/models/two/versions/3/stats'])(
    '%s says where the figures are instead of calling the model missing',
    async (path) => {
      const answer = await fetch(server.url + path);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual({ error: expect.stringContaining('/metrics') });
    },
  );

  test('tensors go from step to step of an ensemble, whatever order its steps are written in', async () => {
    const outputs = dataOf(
      await infer(
        'chain',
        tensor('raw', [
          [1, 2],
          [3, 4],
        ]),
      ),
    );
    expect(outputs).toEqual([
      { name: 'end', datatype: 'FP32', shape: [2, 2], data: [20, 40, 60, 80] },
      { name: 'half', datatype: 'FP32', shape: [2, 2], data: [2, 4, 6, 8] },
    ]);
    expect(dataOf(await infer('whole', tensor('in', [[1, 2]])))[0]).toMatchObject({ name: 'out', data: [20, 40] });
  });

  test('what a step refuses is told with its name', async () => {
    const rows = [
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ];
    const { status, body } = await infer('whole', tensor('in', rows));
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'Step "chain": Input "raw" has 5 rows, and the model takes 4 (max_batch_size).' },
    });
  });

  test('tensors are reshaped between client and graph, the batch aside', async () => {
    const outputs = dataOf(
      await infer(
        'flat',
        tensor('x', [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ]),
      ),
    );
    expect(outputs[0]).toEqual({ name: 'y', datatype: 'FP32', shape: [2, 4, 1], data: [1, 2, 3, 4, 5, 6, 7, 8] });
  });

  test.each([
    [
      'two',
      tensor('x', [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
      'has 5 rows, and the model takes 4 (max_batch_size)',
    ],
    ['two', tensor('x', [[1, 2, 3]]), 'expects FP32 of shape [?, 2], got shape [1, 3]'],
    ['two', { ...tensor('x', [[1, 2]]), datatype: 'FP64' }, 'expects datatype FP32'],
    ['two', tensor('z', [[1, 2]]), 'no input "z"'],
  ])('a request that does not fit %s is refused by name', async (model, input, words) => {
    expect(await infer(model, input)).toEqual({ status: 400, body: { error: expect.stringContaining(words) } });
  });

  test('binary tensors travel to and from any model of the repository', async () => {
    const raw = Buffer.from(floatBytes([1, 2]));
    const json = JSON.stringify({
      inputs: [{ name: 'raw', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: raw.length } }],
      outputs: [{ name: 'end', parameters: { binary_data: true } }],
    });
    const response = await fetch(`${server.url}/v2/models/chain/infer`, {
      method: 'POST',
      headers: { 'Inference-Header-Content-Length': String(json.length) },
      body: Buffer.concat([Buffer.from(json), raw]),
    });
    const body = Buffer.from(await response.arrayBuffer());
    const head = Number(response.headers.get('inference-header-content-length'));
    expect(body.subarray(head)).toEqual(Buffer.from(floatBytes([20, 40])));
  });

  test('the highest values are answered as classes, with their names', async () => {
    const { body } = await server.post('/v2/models/ten/infer', {
      inputs: [
        tensor('x', [
          [0.1, 0.2],
          [0.4, 0.3],
        ]),
      ],
      outputs: [{ name: 'y', parameters: { classification: 1 } }],
    });
    expect(body).toMatchObject({
      outputs: [{ name: 'y', datatype: 'BYTES', shape: [2, 1], data: ['2.000000:1:right', '4.000000:0:left'] }],
    });
  });

  test('many clients at once get their own answers, in runs of at most max_batch_size rows', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => infer('two/versions/1', tensor('x', [[index, -index]]))),
    );
    expect(answers.map((answer) => dataOf(answer)[0]?.data)).toEqual(
      Array.from({ length: 40 }, (_, index) => [index * 2, index * -2 || 0]),
    );
  });

  test('/score has no meaning with several models, and the document names each of them', async () => {
    const score = await server.post('/score', { input_data: [[1, 2]] });
    expect(score).toMatchObject({ status: 404, body: { error: { message: expect.stringContaining('/v2/models/') } } });
    const document = (await get('/swagger.json')) as { paths: Record<string, unknown> };
    expect(Object.keys(document.paths)).toContain('/v2/models/chain/infer');
  });

  test('every model is told on the console', () => {
    expect(server.stdout()).toMatch(/^model chain:1: ensemble of two, ten$/m);
    expect(server.stdout()).toMatch(/^model ten:2: .*batching off \(config.pbtxt has no dynamic_batching\)$/m);
    expect(server.stdout()).toMatch(/^model two:1: .*batching on$/m);
    expect(server.stdout()).toMatch(/^7 models ready in/m);
  });
});

test(
  '/score works for a repository of one model, as its description says',
  async () => {
    const one = { 'repo/two/config.pbtxt': FILES['two/config.pbtxt']!, 'repo/two/1/model.onnx': scale(2) };
    const server = await startRepository(one);
    try {
      expect(await server.post('/score', { input_data: [[1, 2]] })).toEqual({ status: 200, body: [[2, 4]] });
      const tooMany = Array.from({ length: 5 }, () => [1, 2]);
      expect(await server.post('/score', { input_data: tooMany })).toMatchObject({ status: 400 });
    } finally {
      await server.stop();
    }
  },
  PATIENCE,
);

test(
  'what only Triton serves ends the instance with the reason',
  async () => {
    const server = await startRepository({
      'engine/config.pbtxt': 'platform: "tensorrt_plan"',
      'engine/1/model.plan': '',
    });
    expect(await server.exited).not.toBe(0);
    expect(server.stderr()).toContain('"engine" cannot be served without Triton: It is a TensorRT engine');
    await server.stop();
  },
  PATIENCE,
);
