import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EXIT_BAD_DATA, EXIT_CONFIG } from '#server/kernel/exit-status.ts';
import { encodeNode, intAttribute } from '#server/models/detect/onnx-writer.ts';
import { buildIdentity, buildOnnx, floatBytes } from '#server/models/detect/testing/build-onnx.ts';
import { SAMPLES, startServer, startServerOf, type TestServer } from './testing/start-server.ts';

const sampleBody = (sample: string): unknown =>
  JSON.parse(readFileSync(join(SAMPLES, sample, 'model/sample-request.json'), 'utf8'));

let running: TestServer[] = [];
afterEach(async () => {
  for (const server of running) await server.stop();
  running = [];
});

async function serve(
  model: Uint8Array,
  settings: Record<string, string> = {},
  files: Record<string, string | Uint8Array> = {},
) {
  const server = await startServerOf(model, settings, files);
  running.push(server);
  return server;
}

describe('bundled samples', () => {
  const servers = new Map<string, TestServer>();
  beforeAll(async () => {
    for (const sample of ['iris/v1', 'iris/v2', 'digits/v1', 'sentiment/v1']) {
      servers.set(sample, await startServer(join(SAMPLES, sample, 'model')));
    }
  });
  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });
  const server = (sample: string): TestServer => servers.get(sample) as TestServer;

  test('the first version of iris gives probabilities by name', async () => {
    const { status, body } = await server('iris/v1').post('/score', sampleBody('iris/v1'));
    expect(status).toBe(200);
    expect(body).toMatchObject({ output_label: ['setosa', 'versicolor', 'virginica'] });
    const [first] = (body as { output_probability: Record<string, number>[] }).output_probability;
    expect(Object.keys(first ?? {})).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(Object.values(first ?? {}).reduce((sum, value) => sum + value)).toBeCloseTo(1);
  });

  test('the second version of iris differs in answer and shape', async () => {
    const { body } = await server('iris/v2').post('/score', sampleBody('iris/v2'));
    expect(body).toMatchObject({ label: ['setosa', 'virginica', 'virginica'] });
    expect((body as { probabilities: number[][] }).probabilities[0]).toHaveLength(3);
  });

  test('a picture is read, a text is judged', async () => {
    expect((await server('digits/v1').post('/score', sampleBody('digits/v1'))).body).toMatchObject({ digit: [3, 1] });
    expect((await server('sentiment/v1').post('/score', sampleBody('sentiment/v1'))).body).toMatchObject({
      label: ['positive', 'negative', 'negative'],
    });
  });

  test.each(['iris/v1', 'iris/v2', 'digits/v1', 'sentiment/v1'])(
    '%s says in one line what it serves, and batches',
    (sample) => {
      const lines = server(sample).stdout().trimEnd().split('\n');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^model \w+:1 ready in \d+ ms; .*; batching on; listening on http/);
      expect(server(sample).stderr()).toBe('');
    },
  );

  test('the OpenAPI document describes the signature and holds a request that works', async () => {
    const document = (await (await fetch(`${server('iris/v1').url}/swagger.json`)).json()) as {
      openapi: string;
      paths: Record<string, { post: { requestBody: { content: Record<string, { example: unknown }> } } }>;
    };
    expect(document.openapi).toBe('3.1.0');
    const example = document.paths['/score']?.post.requestBody.content['application/json']?.example;
    expect((await server('iris/v1').post('/score', example)).status).toBe(200);
  });

  test('the Open Inference Protocol is spoken, with and without a version in the path', async () => {
    const { url, post } = server('digits/v1');
    expect(await (await fetch(`${url}/v2`)).json()).toMatchObject({
      extensions: expect.arrayContaining(['binary_tensor_data']),
    });
    expect(await (await fetch(`${url}/v2/models/digits`)).json()).toEqual({
      name: 'digits',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 8, 8] }],
      outputs: [
        { name: 'digit', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 10] },
      ],
    });
    expect((await fetch(`${url}/v2/models/digits/versions/1/ready`)).status).toBe(200);
    const pixels = (sampleBody('digits/v1') as { input_data: { image: number[][][] } }).input_data.image.flat(2);
    const request = {
      id: 'a1',
      inputs: [{ name: 'image', datatype: 'FP32', shape: [2, 8, 8], data: pixels }],
      outputs: [{ name: 'digit' }],
    };
    const answer = {
      model_name: 'digits',
      model_version: '1',
      id: 'a1',
      outputs: [{ name: 'digit', datatype: 'INT64', shape: [2], data: [3, 1] }],
    };
    expect((await post('/v2/models/digits/infer', request)).body).toEqual(answer);
    expect((await post('/v2/models/digits/versions/1/infer', request)).body).toEqual(answer);
    expect((await post('/v2/models/other/infer', request)).status).toBe(404);
    expect((await post('/v2/models/digits/versions/2/infer', request)).status).toBe(404);
  });

  test('an error of the protocol is text, an error of /score has a code', async () => {
    const { post } = server('digits/v1');
    const protocol = await post('/v2/models/digits/infer', { inputs: [] });
    expect(protocol).toEqual({ status: 400, body: { error: expect.stringContaining('Input "image"') } });
    expect(await post('/score', { input_data: [[1, 2]] })).toEqual({
      status: 400,
      body: {
        error: {
          code: 'invalid_input',
          message: 'Input "image" expects FP32 of shape [batch, 8, 8], got shape [1, 2].',
        },
      },
    });
  });

  test('what Python’s json writes for NaN is refused with the place', async () => {
    const { status, body } = await server('iris/v1').post('/score', '{"input_data": [[1, NaN, 3, 4]]}');
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: { message: 'Input "features" expects finite FP32 numbers, got NaN at [0][1].' },
    });
  });

  test('many clients at once get their own answers, in shared runs', async () => {
    const { post, url } = server('iris/v2');
    const rows = Array.from({ length: 60 }, (_, index) => [
      4 + (index % 7) / 2,
      2 + (index % 5) / 4,
      1 + (index % 11) / 2,
      (index % 13) / 6,
    ]);
    const alone: unknown[] = [];
    for (const row of rows) alone.push((await post('/score', { input_data: [row] })).body);
    const together = await Promise.all(
      rows.map((row, index) =>
        index % 10 === 3 ? post('/score', { input_data: [['x']] }) : post('/score', { input_data: [row] }),
      ),
    );
    const isBad = (_: unknown, index: number): boolean => index % 10 === 3;
    const isGood = (_: unknown, index: number): boolean => index % 10 !== 3;
    expect(together.filter(isGood)).toEqual(alone.filter(isGood).map((body) => ({ status: 200, body })));
    expect(together.filter(isBad).map(({ status }) => status)).toEqual(Array(6).fill(400));
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('viridian_onnx_requests_total{route="score",status="400"} 6');
    const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1]);
    expect(count('viridian_onnx_run_seconds_count')).toBeLessThan(count('viridian_onnx_run_requests_total'));
  });

  test('routes and methods that are not there say so', async () => {
    const { url } = server('iris/v1');
    for (const method of ['GET', 'POST']) expect((await fetch(`${url}/nothing`, { method })).status).toBe(404);
    const get = await fetch(`${url}/score`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${url}/`)).status).toBe(200);
    expect((await fetch(`${url}/health/live`, { method: 'HEAD' })).status).toBe(200);
  });
});

test('integers beyond 2^53 and text keep every digit and letter', async () => {
  const { url, post } = await serve(buildIdentity('INT64'));
  const response = await fetch(`${url}/score`, {
    method: 'POST',
    body: '{"x":[9007199254740993,-9223372036854775808]}',
  });
  expect(await response.text()).toBe('[9007199254740993,-9223372036854775808]');
  expect((await post('/score', '{"x":[9223372036854775808]}')).status).toBe(400);
  const texts = await serve(buildIdentity('BYTES'));
  expect((await texts.post('/score', { x: ['', '日本語 🌱'] })).body).toEqual(['', '日本語 🌱']);
  expect((await texts.post('/score', { x: ['cut\0off'] })).status).toBe(400);
});

test('binary tensors travel both ways, bit for bit', async () => {
  const { url } = await serve(buildIdentity('FP16'));
  const bits = Uint16Array.of(0x3e00, 0x7c00, 0x7e00);
  const json = JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP16', shape: [3], parameters: { binary_data_size: 6 } }],
    outputs: [{ name: 'y', parameters: { binary_data: true } }],
  });
  const response = await fetch(`${url}/v2/models/model/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(json.length) },
    body: Buffer.concat([Buffer.from(json), Buffer.from(bits.buffer)]),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/octet-stream');
  const body = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get('inference-header-content-length'));
  expect(JSON.parse(body.toString('utf8', 0, length))).toMatchObject({
    outputs: [{ name: 'y', datatype: 'FP16', shape: [3], parameters: { binary_data_size: 6 } }],
  });
  expect(body.subarray(length)).toEqual(Buffer.from(bits.buffer));
  const asJson = await fetch(`${url}/v2/models/model/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(json.length - 31) },
    body: Buffer.concat([
      Buffer.from(json.replace(',"parameters":{"binary_data":true}', '').padEnd(json.length - 31)),
      Buffer.from(bits.buffer),
    ]),
  });
  expect(await asJson.json()).toMatchObject({ outputs: [{ data: [1.5, 'Infinity', 'NaN'] }] });
});

test('an input that the graph refuses is the caller’s error, in onnxruntime’s words, and touches no neighbour', async () => {
  const table = buildOnnx({
    inputs: [{ name: 'x', datatype: 'INT64', shape: ['n'] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }],
    nodes: [encodeNode('Gather', ['w', 'x'], ['y'])],
    initializers: [{ name: 'w', elementType: 1, dims: [2], raw: floatBytes([5, 6]) }],
  });
  const { post } = await serve(table);
  const refused = await post('/score', { x: [9] });
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('out of data bounds') } },
  });
  const answers = await Promise.all([0, 9, 1, 0].map((index) => post('/score', { x: [index] })));
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 200]);
  expect(answers.filter(({ status }) => status === 200).map(({ body }) => body)).toEqual([[5], [6], [5]]);
});

test('a model that fails on everything is the model’s error', async () => {
  const { post } = await serve(
    buildOnnx({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n'] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [3, 'n'] }],
      nodes: [encodeNode('Reshape', ['x', 'shape'], ['y'])],
      initializers: [{ name: 'shape', elementType: 7, dims: [2], integers: [3, 1000] }],
    }),
  );
  expect(await post('/score', { x: [1, 2] })).toMatchObject({ status: 500, body: { error: { code: 'model_error' } } });
});

test('compressed bodies are taken, within the limit', async () => {
  const { url } = await serve(buildIdentity('FP32'), { VIRIDIAN_ONNX_MAX_BODY_BYTES: '2048' });
  const send = async (body: Buffer, coding: string): Promise<[number, string]> => {
    const headers = { 'Content-Encoding': coding };
    const response = await fetch(`${url}/score`, { method: 'POST', headers, body: Uint8Array.from(body) });
    return [response.status, await response.text()];
  };
  const json = Buffer.from('{"x":[1,2]}');
  expect(await send(gzipSync(json), 'gzip')).toEqual([200, '[1,2]']);
  expect(await send(deflateSync(json), 'deflate')).toEqual([200, '[1,2]']);
  expect(await send(json, 'identity')).toEqual([200, '[1,2]']);
  expect((await send(gzipSync(Buffer.alloc(100_000, ' ')), 'gzip'))[0]).toBe(413);
  expect((await send(json, 'gzip'))[0]).toBe(400);
  expect((await send(json, 'br'))[0]).toBe(415);
});

test('weights beside the model file are found, also one folder down', async () => {
  const weights = floatBytes([10, 20]);
  const model = buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 2] }],
    nodes: [encodeNode('Add', ['x', 'w'], ['y'])],
    initializers: [{ name: 'w', elementType: 1, dims: [2], location: 'w.bin' }],
  });
  const { post } = await serve(model, {}, { 'w.bin': weights });
  expect((await post('/score', { x: [[1, 2]] })).body).toEqual([[11, 22]]);
});

describe('probes', () => {
  /** One row takes seconds: more than any probe may wait. */
  const slow = (): Uint8Array => {
    const steps = Array.from({ length: 200 }, (_, step) =>
      encodeNode('MatMul', [step === 0 ? 'm' : `s${step}`, 'm'], [`s${step + 1}`]),
    );
    return buildOnnx({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: null }],
      nodes: [
        encodeNode('Expand', ['x', 'size'], ['m']),
        ...steps,
        encodeNode('ReduceSum', ['s200'], ['y'], [intAttribute('keepdims', 0)]),
      ],
      initializers: [{ name: 'size', elementType: 7, dims: [2], integers: [900, 900] }],
    });
  };

  test('are answered during a run, and draining lets the run end before the process does', async () => {
    const server = await serve(slow());
    expect(server.stdout()).toContain('runs in a thread of their own');
    let done = false;
    const answer = server.post('/score', { x: [0.0001] }).finally(() => (done = true));
    const isRunning = async (): Promise<boolean> => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return metrics.includes('viridian_onnx_running_requests 1');
    };
    await expect.poll(isRunning, { timeout: 15_000 }).toBe(true);
    const live = await fetch(`${server.url}/health/live`);
    const ready = await fetch(`${server.url}/v2/health/ready`);
    expect([live.status, ready.status, done]).toEqual([200, 200, false]);
    server.child.kill('SIGTERM');
    expect((await answer).status).toBe(200);
    expect(await server.exited).toBe(0);
  });
});

describe('a model that cannot be served ends the process with the reason as the last line', () => {
  const lastLine = (server: TestServer): string => server.stderr().trimEnd().split('\n').at(-1) ?? '';

  test.each([
    ['no ONNX', Buffer.from('not a model'), 'model does not load: not an ONNX file'],
    [
      'an unknown operator',
      buildOnnx({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
        nodes: [encodeNode('NoSuchOperator', ['x'], ['y'])],
      }),
      'model does not load: .*NoSuchOperator',
    ],
    ['a datatype that cannot be carried', buildIdentity('BF16'), 'model does not load: .*(BF16|Unsupported data type)'],
    [
      'weights that are not there',
      buildOnnx({
        inputs: [],
        outputs: [{ name: 'w', datatype: 'FP32', shape: [2] }],
        nodes: [],
        initializers: [{ name: 'w', elementType: 1, dims: [2], location: 'gone.bin' }],
      }),
      'model does not load: .*gone.bin',
    ],
  ])('%s', async (_, model, words) => {
    const server = await serve(model);
    expect(await server.exited).toBe(EXIT_BAD_DATA);
    expect(lastLine(server)).toMatch(new RegExp(words));
  });

  test('an empty folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'viridian-onnx-empty-'));
    const server = await startServer(folder);
    expect(await server.exited).toBe(EXIT_BAD_DATA);
    expect(lastLine(server)).toContain('there is no .onnx file');
    await rm(folder, { recursive: true });
  });

  test('a setting out of bounds', async () => {
    const server = await serve(buildIdentity('FP32'), { VIRIDIAN_ONNX_MAX_BATCH_ROWS: '0' });
    expect(await server.exited).toBe(EXIT_CONFIG);
    expect(server.stderr()).toContain('VIRIDIAN_ONNX_MAX_BATCH_ROWS');
  });
});

test('batching can be switched off, and a full queue answers 503 with Retry-After', async () => {
  const server = await serve(buildIdentity('FP32'), {
    VIRIDIAN_ONNX_BATCHING: 'off',
    VIRIDIAN_ONNX_MAX_QUEUED_REQUESTS: '1',
  });
  expect(server.stdout()).toContain('batching off (switched off');
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => fetch(`${server.url}/score`, { method: 'POST', body: '{"x":[1]}' })),
  );
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
  for (const answer of refused) expect(answer.headers.get('retry-after')).toBe('1');
});
