import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pickFreePort } from '#server/drivers/process/free-port.ts';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';
import { stopProcess } from './start-process.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

/** Set up by `npm test`; has MLflow. */
const PYTHON = join(import.meta.dirname, '../../.venvs/serving/bin/python');

/** Imports of MLflow and the migrations of its database, on a host that may be busy. */
const LIMIT_MS = 240_000;

describe.skipIf(!hasPython)(
  'models of an MLflow server (runs where VIRIDIAN_REQUIRE names python)',
  { timeout: LIMIT_MS },
  () => {
    let folder: string;
    let server: ChildProcess;
    let stack: TestStack;
    let logged: { run_id: string; model_id: string };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'viridian-mlflow-'));
      const port = (await pickFreePort(new Set())) ?? 0;
      const uri = `http://127.0.0.1:${port}`;
      server = startServer(folder, port);
      const isUp = async () => (await fetch(`${uri}/health`).catch(() => null))?.ok ?? null;
      await eventually(isUp, 'the MLflow server', LIMIT_MS);
      const environment = { ...process.env, MLFLOW_TRACKING_URI: uri };
      const script = join(import.meta.dirname, 'log-mlflow-models.py');
      const { stdout } = await promisify(execFile)(PYTHON, [script], { env: environment, cwd: folder });
      logged = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as typeof logged;
      stack = await createTestStack({ environment: { VIRIDIAN_MLFLOW_TRACKING_URI: uri } });
    }, LIMIT_MS);

    afterAll(async () => {
      await stack?.stop();
      if (server !== undefined) await stopProcess(server);
      await rm(folder, { recursive: true, force: true });
    });

    const call: TestStack['call'] = (...request) => stack.call(...request);

    async function register(name: string, path: string) {
      const { status, body } = await call('POST', '/models', { name, path });
      expect(status).toBe(202);
      return stack.ended(body.id);
    }

    test('come by version, by alias, as the newest, by run and by their own id, and are all the same', async () => {
      const paths = [
        'models:/doubled/1',
        'models:/doubled@champion',
        'models:/doubled/latest',
        `runs:/${logged.run_id}/best`,
        `models:/${logged.model_id}`,
      ];
      const contents = new Set<string>();
      for (const [index, path] of paths.entries()) {
        const name = `from-mlflow-${index}`;
        expect(await register(name, path)).toMatchObject({ status: 'succeeded', error: null });
        const { body } = await call('GET', `/models/${name}/versions/1`);
        expect(body).toMatchObject({ path, type: 'mlflow_model', detected: { mlflow: { run_id: logged.run_id } } });
        contents.add(
          body.files
            .map(
              (file: { path: string; sha256: string }) => `${file.path.split('/').slice(1).join('/')} ${file.sha256}`,
            )
            .join('\n'),
        );
      }
      expect(contents.size).toBe(1);
    });

    test('come as the folder that a run kept, whatever its names are', async () => {
      expect(await register('plain', `runs:/${logged.run_id}/plain/files`)).toMatchObject({ status: 'succeeded' });
      const { body } = await call('GET', '/models/plain/versions/1');
      expect(body.files.map((file: { path: string }) => file.path)).toEqual([
        'files/notes.txt',
        'files/sub folder/ä+b.bin',
      ]);
    });

    test.each([
      ['models:/nobody/1', 'nobody'],
      ['models:/doubled@nobody', 'nobody'],
      ['models:/doubled/Production', 'Production'],
      ['runs:/0123456789abcdef0123456789abcdef/best', '0123456789abcdef'],
    ])('%s that is not there fails with what the server says', async (path, words) => {
      const operation = await register('missing', path);
      expect(operation).toMatchObject({
        status: 'failed',
        error: { code: 'model.source_not_found', detail: expect.stringContaining(words) },
      });
      expect((await call('GET', '/models/missing')).status).toBe(404);
    });
  },
);

function startServer(folder: string, port: number): ChildProcess {
  const options = {
    host: '127.0.0.1',
    port: String(port),
    workers: '1',
    'backend-store-uri': `sqlite:///${join(folder, 'mlflow.db')}`,
    'artifacts-destination': join(folder, 'artifacts'),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const env = { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' };
  return spawn(PYTHON, ['-m', 'mlflow', 'server', ...args], { cwd: folder, env, stdio: 'ignore' });
}
