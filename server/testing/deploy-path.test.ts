import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markedProcesses, ownerMarkOf } from '#server/drivers/process/process-group.ts';
import { EXIT_BAD_DATA } from '#server/kernel/exit-status.ts';
import { encodeNode } from '#server/models/detect/onnx-writer.ts';
import { buildOnnx } from '#server/models/detect/testing/build-onnx.ts';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'samples');
const ECHO = join(import.meta.dirname, 'echo-model.mjs');

/** The whole path with nothing replaced: REST API, database, loop, process driver, the real gateway and the real model server. */
describe('a deploy', () => {
  let stack: TestStack;
  let key: string;
  let request: string;

  beforeAll(async () => {
    stack = await createTestStack({ driver: 'process', gateway: 'process' });
    request = await readFile(join(SAMPLES, 'iris', 'v1', 'model', 'sample-request.json'), 'utf8');
    for (const version of ['iris-1', 'iris-2']) {
      await ok(stack.call('POST', '/models/iris/versions', { path: `sample:${version}` }));
    }
    await ok(stack.call('PUT', '/endpoints/iris', {}));
    key = String((await ok(stack.call('GET', '/endpoints/iris/keys')))['primary_key']);
  });

  afterAll(() => stack.stop());

  async function ok(call: ReturnType<TestStack['call']>): Promise<Record<string, unknown>> {
    const { status, body } = await call;
    expect({ status, body }).toMatchObject({ status: expect.toSatisfy((code: number) => code < 300) });
    return body;
  }

  const ended = (operation: unknown): Promise<Record<string, unknown>> => stack.ended(String(operation), 60_000);

  async function deploy(name: string, body: Record<string, unknown>): Promise<Record<string, unknown>> {
    const path = `/endpoints/iris/deployments/${name}`;
    return ended((await ok(stack.call('PUT', path, { instance_type: 'cpu-1', ...body })))['id']);
  }

  const predict = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${stack.gatewayUrl}/iris/score`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: request,
    });

  const marked = () => markedProcesses(ownerMarkOf(stack.dataDir.instances));

  test('of the sample answers predictions once traffic is given to it', async () => {
    const operation = await deploy('blue', { model: 'azureml:iris:1' });
    expect(operation).toMatchObject({ status: 'succeeded', error: null });
    await ok(stack.call('PUT', '/endpoints/iris/traffic', { traffic: { blue: 100 } }));
    const answer = await predict();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('azureml-model-deployment')).toBe('blue');
    expect(await answer.json()).toMatchObject({ output_label: ['setosa', 'versicolor', 'virginica'] });
  });

  test('of a second version is reached by name before it takes traffic', async () => {
    await deploy('green', { model: 'azureml:iris:2' });
    const answer = await predict({ 'azureml-model-deployment': 'green' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('azureml-model-deployment')).toBe('green');
    expect((await predict()).headers.get('azureml-model-deployment')).toBe('blue');
  });

  test('over a running version fails no request', async () => {
    const echo = { command: [process.execPath, ECHO], instance_count: 2 };
    await deploy('green', { ...echo, environment_variables: { MODEL_VERSION: 'one' } });
    let running = true;
    const statuses: number[] = [];
    const load = Array.from({ length: 4 }, async () => {
      while (running) statuses.push((await predict({ 'azureml-model-deployment': 'green' })).status);
    });
    const operation = await deploy('green', { ...echo, environment_variables: { MODEL_VERSION: 'two' } });
    running = false;
    await Promise.all(load);
    expect(operation['status']).toBe('succeeded');
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    const answer = await predict({ 'azureml-model-deployment': 'green' });
    expect(await answer.json()).toMatchObject({ version: 'two' });
  });

  test('of a model that does not load fails in the words of the runtime, and the version before serves on', async () => {
    const broken = {
      command: [process.execPath, '-e', 'console.error("model does not load: no such operator: Foo"); process.exit(1)'],
    };
    const operation = await deploy('blue', broken);
    expect(operation['status']).toBe('failed');
    expect(operation['error']).toMatchObject({ code: 'deployment.model_not_loadable' });
    expect(JSON.stringify(operation['error'])).toContain('no such operator: Foo');
    expect((await predict()).status).toBe(200);
    const deployment = await ok(stack.call('GET', '/endpoints/iris/deployments/blue'));
    expect(deployment).toMatchObject({ model: 'azureml:iris:1', ready_instances: 1 });
  });

  test('of a model with an operator that nobody knows fails after one start, with the cause', async () => {
    const tensor = { datatype: 'FP32', shape: [2] };
    const model = buildOnnx({
      inputs: [{ name: 'x', ...tensor }],
      outputs: [{ name: 'y', ...tensor }],
      nodes: [encodeNode('NoSuchOperator', ['x'], ['y'])],
    });
    const sent = await fetch(`${stack.apiUrl}/uploads?filename=broken.onnx`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.apiKey}` },
      body: Buffer.from(model),
    });
    const { id } = (await sent.json()) as { id: string };
    await ok(stack.call('POST', '/models/broken/versions', { path: `upload:${id}` }));
    const operation = await deploy('broken', { model: 'azureml:broken:1' });
    expect(operation).toMatchObject({
      status: 'failed',
      error: { code: 'deployment.model_not_loadable', details: { restarts: 1, last_exit: { code: EXIT_BAD_DATA } } },
    });
    expect(JSON.stringify(operation['error'])).toContain('NoSuchOperator');
  });

  test('that lost an instance has it back, and the gateway knows', async () => {
    const [victim] = marked().filter(({ instanceId }) => instanceId.startsWith('iris.blue.'));
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    // A gateway that tries again soon may bridge the gap, so no call has to fail on the way.
    const instance = await eventually(async () => {
      const { items } = await ok(stack.call('GET', '/endpoints/iris/deployments/blue/instances'));
      const [first] = items as { restarts: number; state: string }[];
      return first?.restarts === 1 && first.state === 'ready' && first;
    }, 'the instance to be back');
    expect(instance).toMatchObject({ last_exit: { signal: 'SIGKILL' } });
    await eventually(async () => (await predict()).status === 200, 'a prediction');
  });

  test('that is undone leaves no process, no file and no route', async () => {
    const { id } = await ok(stack.call('DELETE', '/endpoints/iris'));
    expect(await ended(id)).toMatchObject({ status: 'succeeded' });
    expect(marked()).toEqual([]);
    expect(await readdir(stack.dataDir.instances)).toEqual([]);
    expect(await readdir(stack.dataDir.logs)).toEqual([]);
    expect((await predict()).status).toBe(404);
  });
});
