import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dialGrpc, metadata, predict } from '#server/gateway/testing/grpc-client.ts';
import { writeTritonStandIn } from '#server/inference/triton/testing/stand-in.ts';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { TENSORRT_MODEL, tritonRepository } from './triton-repository.ts';
import { uploadArchive } from './upload-archive.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');
/** Set up by `npm test`; has Triton's client. */
const PYTHON = join(import.meta.dirname, '../../.venvs/serving/bin/python');

const LIMIT_MS = 60_000;

describe('Triton repositories without code', { timeout: LIMIT_MS }, () => {
  let stack: TestStack;
  let folder: string;
  let program: string;

  const call: TestStack['call'] = (...request) => stack.call(...request);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-triton-path-'));
    program = join(folder, 'tritonserver');
    stack = await createTestStack({
      driver: 'process',
      gateway: 'process',
      environment: { VIRIDIAN_TRITONSERVER: program },
    });
    await call('PUT', '/endpoints/scaler', {});
    await register('scalers', tritonRepository());
    await register('mixed', { ...tritonRepository(), ...TENSORRT_MODEL });
  }, LIMIT_MS);

  afterAll(async () => {
    await ended((await call('DELETE', '/endpoints/scaler')).body.id);
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  async function register(name: string, files: Record<string, Buffer>): Promise<void> {
    const inFolder = Object.fromEntries(Object.entries(files).map(([path, content]) => [`repo/${path}`, content]));
    const path = await uploadArchive(stack, inFolder);
    const { body } = await call('POST', `/models/${name}/versions`, { path, type: 'triton_model' });
    expect(body).toMatchObject({
      type: 'triton_model',
      detected: { format: 'triton', triton: { repository: 'repo' } },
    });
  }

  const ended = (operation: string) => stack.ended(operation, LIMIT_MS);

  const deploy = (name: string, model: string, more = {}) =>
    call('PUT', `/endpoints/scaler/deployments/${name}?all_traffic=true`, {
      model: `azureml:${model}:1`,
      instance_type: 'cpu-1',
      ...more,
    });

  const keyOf = async (): Promise<string> => (await call('GET', '/endpoints/scaler/keys')).body.primary_key;

  async function ask(path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${stack.gatewayUrl}/scaler${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${await keyOf()}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return answer.json();
  }

  test('without tritonserver, what is all ONNX is served by our own server, at the endpoint’s v2 routes', async () => {
    const put = await deploy('blue', 'scalers');
    expect(await ended(put.body.id)).toMatchObject({ status: 'succeeded' });
    expect((await call('GET', '/endpoints/scaler/deployments/blue')).body).toMatchObject({
      deployment_kind: 'triton',
      runtime: 'process',
      runtime_reason: expect.stringContaining('our own ONNX server'),
    });
    const inputs = [{ name: 'raw', shape: [1, 2], datatype: 'FP32', data: [1, 2.5] }];
    expect(await ask('/v2/models/chain/infer', { inputs })).toMatchObject({
      outputs: [{ name: 'end', data: [20, 50] }],
    });
    expect(await ask('/v2/models/two/versions/1')).toMatchObject({ name: 'two', versions: ['1'] });
  });

  test('what only Triton serves is refused at deploy, with the model, the reason and what works', async () => {
    const { status, body } = await deploy('green', 'mixed');
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'deployment.kind_not_supported', errors: [{ path: '/model' }] });
    expect(body.detail).toMatch(/"engine": It is a TensorRT engine.*no program .*tritonserver.*container of Triton/s);
    expect((await deploy('green', 'scalers', { runtime: 'docker' })).status).toBe(422);
  });

  test.runIf(hasPython)('Triton’s own client works unmodified (runs where VIRIDIAN_REQUIRE names python)', async () => {
    const url = `${stack.gatewayUrl?.replace('http://', '')}/scaler`;
    const script = join(import.meta.dirname, 'triton-client.py');
    const { stdout } = await promisify(execFile)(PYTHON, [script, url, await keyOf()]);
    expect(JSON.parse(stdout)).toEqual({
      live: true,
      ready: true,
      model_ready: true,
      other_ready: false,
      extensions: expect.arrayContaining(['binary_tensor_data', 'classification']),
      metadata: expect.objectContaining({ platform: 'onnxruntime_onnx', versions: ['1'] }),
      batch: 8,
      index: ['chain', 'ten', 'two'],
      json: [[20, 50]],
      binary: [
        [20, 50],
        [60, 80],
      ],
      classes: ['4.000000:1'],
      too_many: '400: Input "x" has 9 rows, and the model takes 8 (max_batch_size).',
      unload: expect.stringMatching(/^400: .*update the deployment/),
    });
  });

  test('a tritonserver that is installed meanwhile serves the next deployment, whatever its models are, also to callers of gRPC', async () => {
    await writeTritonStandIn(program);
    expect((await call('GET', '/info')).body.runtimes.triton).toEqual({ available: true, version: program });
    const put = await deploy('green', 'mixed');
    expect(await ended(put.body.id)).toMatchObject({ status: 'succeeded' });
    const { body } = await call('GET', '/endpoints/scaler/deployments/green');
    expect(body).toMatchObject({
      deployment_kind: 'triton',
      runtime_reason: 'Served by the tritonserver of this host.',
    });
    expect(await ask('/v2')).toMatchObject({
      name: 'triton',
      options: { 'model-repository': expect.stringMatching(/\/mixed\/1\/repo$/), 'http-address': '127.0.0.1' },
    });
    const fields = metadata({ 'viridian-endpoint': 'scaler', authorization: `Bearer ${await keyOf()}` });
    const client = dialGrpc(Number(new URL(stack.gatewayUrl ?? '').port));
    expect(await predict(client, 'hello', fields)).toMatchObject({ code: 0, answer: 'hello' });
    const log = await call('GET', '/endpoints/scaler/deployments/green/logs');
    expect(log.body.content).toMatch(/HTTP on port \d+, gRPC on \d+, metrics on \d+/);
    expect((await call('GET', '/endpoints/scaler/deployments/blue')).body.runtime_reason).toContain('our own');
  });
});
