import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { DOCKER_HOST, hasDocker } from './require-docker.ts';
import { uploadArchive } from './upload-archive.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');
const PROGRAM = join(import.meta.dirname, 'model-listing.py');
const LIMIT_MS = 120_000;

/** What programs find: AZUREML_MODEL_DIR ends with name and version, and holds the model as it was given. */
const CASES = [
  { deployment: 'one-file', model: 'azureml:weights:1', folder: 'weights/1', files: ['model.bin'] },
  { deployment: 'a-folder', model: 'azureml:folder:3', folder: 'folder/3', files: ['net/a.bin', 'net/deep/b.bin'] },
  {
    deployment: 'latest',
    model: 'azureml:several@latest',
    folder: 'several/2',
    files: ['models/cat/model.bin', 'models/dog/model.bin'],
  },
] as const;

describe.each([
  { runtime: 'process', isHere: hasPython, mount: '/models' },
  { runtime: 'docker', isHere: hasDocker, mount: '/var/azureml-app/azureml-models' },
])('AZUREML_MODEL_DIR on the $runtime runtime', ({ runtime, isHere, mount }) => {
  describe.skipIf(!isHere)('where the host has it (VIRIDIAN_REQUIRE insists on it)', { timeout: LIMIT_MS }, () => {
    let stack: TestStack;
    let folder: string;
    let program: Record<string, unknown>;

    const call: TestStack['call'] = (...request) => stack.call(...request);
    const ended = (operation: string) => stack.ended(operation, LIMIT_MS);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'viridian-folders-'));
      const authority = process.env['SSL_CERT_FILE'];
      stack = await createTestStack({
        driver: 'process',
        gateway: 'process',
        ...(runtime === 'docker' && { dockerHost: DOCKER_HOST }),
        environment: {
          VIRIDIAN_MODEL_PATH_ALLOW: folder,
          ...(authority !== undefined && { VIRIDIAN_EXTRA_CA_FILE: authority }),
        },
      });
      program = await prepareProgram();
      await registerModels();
      await call('PUT', '/endpoints/folders', {});
    }, LIMIT_MS);

    afterAll(async () => {
      await ended((await call('DELETE', '/endpoints/folders')).body.id);
      const { body } = await call('GET', '/environments/listing/versions/1');
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
      for (const { image_id: image } of body.builds ?? []) {
        await promisify(execFile)('docker', ['rmi', '--force', image], { env: { ...process.env, DOCKER_HOST } });
      }
    }, LIMIT_MS);

    /** The part of a deployment that runs the same program on either runtime. */
    async function prepareProgram(): Promise<Record<string, unknown>> {
      const text = await readFile(PROGRAM, 'utf8');
      if (runtime === 'process') {
        const code = await uploadArchive(stack, { 'score.py': text });
        return { code_configuration: { code, scoring_script: 'score.py' } };
      }
      const Dockerfile =
        'FROM debian:bookworm-slim\nCOPY list.py /list.py\nRUN chmod 0644 /list.py\nCMD ["python3", "/list.py"]\n';
      const path = await uploadArchive(stack, {
        Dockerfile,
        'list.py': text,
      });
      const route = { path: '/', port: 8000 };
      const inference_config = {
        liveness_route: route,
        readiness_route: route,
        scoring_route: { path: '/score', port: 8000 },
      };
      await call('PUT', '/environments/listing/versions/1', { build: { path }, inference_config });
      return { environment: 'azureml:listing:1' };
    }

    async function registerModels(): Promise<void> {
      await mkdir(join(folder, 'net/deep'), { recursive: true });
      for (const path of ['model.bin', 'net/a.bin', 'net/deep/b.bin']) await writeFile(join(folder, path), path);
      const several = await uploadArchive(stack, { 'models/cat/model.bin': 'cat', 'models/dog/model.bin': 'dog' });
      const one = await uploadArchive(stack, { 'models/cat/model.bin': 'cat' });
      const versions: [string, string, string][] = [
        ['weights', '1', `file:${join(folder, 'model.bin')}`],
        ['folder', '3', `file:${join(folder, 'net')}`],
        ['several', '1', one],
        ['several', '2', several],
      ];
      for (const [name, version, path] of versions) {
        const made = await call('PUT', `/models/${name}/versions/${version}`, { type: 'custom_model', path });
        expect(made.status, JSON.stringify(made.body)).toBe(201);
      }
    }

    async function deploy(deployment: string, change: Record<string, unknown>) {
      const body = { ...program, runtime, instance_type: 'cpu-1', ...change };
      const answer = await call('PUT', `/endpoints/folders/deployments/${deployment}`, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      const operation = await ended(answer.body.id);
      expect(operation, JSON.stringify(operation.error)).toMatchObject({ status: 'succeeded' });
      const asked = await call('POST', '/endpoints/folders/invoke', { deployment, path: '/score', body: {} });
      return asked.body.body;
    }

    test.concurrent.each(CASES)('$deployment: $files below $folder', async ({ deployment, model, folder, files }) => {
      const seen = await deploy(deployment, { model });
      expect(seen).toEqual({ folder: expect.stringContaining(`${mount}/${folder}`), files });
      expect(seen.folder.endsWith(`/${folder}`)).toBe(true);
    });

    test.concurrent('a model of the deployment itself lies below its name', async () => {
      const path = `file:${join(folder, 'model.bin')}`;
      const seen = await deploy('inline', { model: { path, type: 'custom_model' } });
      expect(seen).toMatchObject({
        folder: expect.stringMatching(/\/anonymous-[0-9a-f]{12}\/1$/),
        files: ['model.bin'],
      });
    });

    test.concurrent('without a model the variable is not set', async () => {
      expect(await deploy('none', {})).toMatchObject({ folder: null, files: [] });
    });

    test.runIf(runtime === 'docker')('model_mount_path comes in place of the usual folder', async () => {
      const seen = await deploy('mounted', { model: 'azureml:several:2', model_mount_path: '/mnt/mine' });
      expect(seen).toMatchObject({ folder: '/mnt/mine/several/2', files: CASES[2].files });
    });
  });
});
