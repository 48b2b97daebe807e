import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { uploadArchive } from './upload-archive.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

/** Set up by `npm test`; has MLflow and scikit-learn. */
const PYTHON = join(import.meta.dirname, '../../.venvs/serving/bin/python');
const COLUMNS = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'];

/** Installs MLflow and scikit-learn and imports them, on a host that may be busy. */
const LIMIT_MS = 240_000;

describe.skipIf(!hasPython)(
  'an MLflow model without code (runs where VIRIDIAN_REQUIRE names python)',
  { timeout: LIMIT_MS },
  () => {
    let stack: TestStack;
    let folder: string;

    const call: TestStack['call'] = (...request) => stack.call(...request);
    const ended = (operation: string) => stack.ended(operation, LIMIT_MS);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'viridian-mlflow-'));
      await promisify(execFile)(PYTHON, [join(import.meta.dirname, 'make-mlflow-model.py'), join(folder, 'model')]);
      const { SSL_CERT_FILE: authority } = process.env;
      stack = await createTestStack({
        driver: 'process',
        gateway: 'process',
        environment: authority === undefined ? {} : { VIRIDIAN_EXTRA_CA_FILE: authority },
      });
      const files: Record<string, Buffer> = {};
      for (const name of await readdir(join(folder, 'model'))) {
        files[`model/${name}`] = await readFile(join(folder, 'model', name));
      }
      const path = await uploadArchive(stack, files);
      expect((await call('POST', '/models/iris/versions', { path })).body).toMatchObject({
        type: 'mlflow_model',
        detected: { format: 'mlflow', servable: true, mlflow: { flavor: 'sklearn' } },
      });
      await call('PUT', '/endpoints/flowers', {});
      const body = { model: 'azureml:iris:1', instance_type: 'cpu-1' };
      const put = await call('PUT', '/endpoints/flowers/deployments/blue?all_traffic=true', body);
      expect(await ended(put.body.id)).toMatchObject({ status: 'succeeded' });
    }, LIMIT_MS);

    afterAll(async () => {
      await ended((await call('DELETE', '/endpoints/flowers')).body.id);
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    }, LIMIT_MS);

    async function predict(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
      const { primary_key: key } = (await call('GET', '/endpoints/flowers/keys')).body;
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(`${stack.gatewayUrl}/flowers${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: await answer.json() };
    }

    const rows = [
      [5.1, 3.5, 1.4, 0.2],
      [6.7, 3, 5.2, 2.3],
    ];

    test('answers bare predictions at /score and MLflow’s form at /invocations', async () => {
      const input_data = { columns: COLUMNS, index: [0, 1], data: rows };
      expect(await predict('/score', { input_data })).toEqual({ status: 200, body: [0, 2] });
      const dataframe_split = { columns: COLUMNS, data: rows };
      expect(await predict('/invocations', { dataframe_split })).toEqual({
        status: 200,
        body: { predictions: [0, 2] },
      });
    });

    test('refuses what its signature does not allow, naming the column', async () => {
      const input_data = { columns: COLUMNS, data: [[5.1, 'wide', 1.4, 0.2]] };
      const answer = await predict('/score', { input_data });
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toContain('sepal width (cm)');
    });

    test('serves the Open Inference Protocol', async () => {
      const inputs = COLUMNS.map((name, column) => ({
        name,
        shape: [2],
        datatype: 'FP64',
        data: rows.map((row) => row[column]),
      }));
      const answer = await predict('/v2/models/iris/infer', { inputs });
      expect(answer).toMatchObject({ status: 200, body: { outputs: [{ data: [0, 2] }] } });
    });

    test('proved its direct path, and says so in its log', async () => {
      const log = await call('GET', '/endpoints/flowers/deployments/blue/logs');
      expect(log.body.content).toContain('direct numpy path: on');
    });
  },
);
