import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

/** Set up by `npm test`; fetches the server's packages the first time. */
const UV = join(import.meta.dirname, '../../.venvs/serving/bin/uv');
const PYTHON = join(import.meta.dirname, '../../.venvs/serving/bin/python');
const MOTO = 'moto[server,s3]==5.2.5';

/** First installs of packages, from an index that may be far. */
const LIMIT_MS = 240_000;

const MODEL = join(import.meta.dirname, '..', '..', 'samples', 'iris', 'v1', 'model', 'iris.onnx');
const CATALOGUE = join(import.meta.dirname, '..', '..', 'samples', 'catalog.json');

interface Place {
  endpoint: string;
  key: string;
  secret: string;
}

describe.skipIf(!hasPython)(
  'models of an S3-compatible server that checks signatures (runs where VIRIDIAN_REQUIRE names python)',
  { timeout: LIMIT_MS },
  () => {
    let server: ChildProcess;
    let place: Place;
    let stack: TestStack;

    beforeAll(async () => {
      const objects = { 'iris/v 1+2/é&.onnx': MODEL, 'iris/v 1+2/more/notes.json': CATALOGUE, 'iris/v 10.onnx': MODEL };
      ({ server, place } = await serve(objects));
      stack = await startStack(place.secret);
    }, LIMIT_MS);

    afterAll(async () => {
      await stack?.stop();
      server?.stdin?.end();
    });

    const startStack = (secret: string) =>
      createTestStack({
        environment: {
          VIRIDIAN_S3_ENDPOINT: place.endpoint,
          VIRIDIAN_S3_REGION: 'eu-west-1',
          VIRIDIAN_S3_ACCESS_KEY_ID: place.key,
          VIRIDIAN_S3_SECRET_ACCESS_KEY: secret,
        },
      });

    async function register(to: TestStack, name: string, path: string) {
      const { body } = await to.call('POST', '/models', { name, path });
      const operation = await to.ended(body.id);
      const version = (await to.call('GET', `/models/${name}/versions/1`)).body;
      return { operation, files: (version.files as { path: string }[] | undefined)?.map((file) => file.path) };
    }

    test('come as a folder from a prefix, as one file from a key, and as all that a bucket holds', async () => {
      expect(await register(stack, 'prefix', 's3://models/iris/v 1+2')).toMatchObject({
        operation: { status: 'succeeded', error: null },
        files: ['v 1+2/more/notes.json', 'v 1+2/é&.onnx'],
      });
      expect(await register(stack, 'object', 's3://models/iris/v 10.onnx')).toMatchObject({ files: ['v 10.onnx'] });
      const { files } = await register(stack, 'bucket', 's3://models');
      expect(files).toEqual([
        'models/iris/v 1+2/more/notes.json',
        'models/iris/v 1+2/é&.onnx',
        'models/iris/v 10.onnx',
      ]);
    });

    test('that are not there, and buckets that are not, say so', async () => {
      const missing = await register(stack, 'missing', 's3://models/nothing');
      expect(missing.operation).toMatchObject({ status: 'failed', error: { code: 'model.source_not_found' } });
      const bucket = await register(stack, 'missing', 's3://no-bucket/iris');
      expect(bucket.operation).toMatchObject({ error: { detail: expect.stringContaining('NoSuchBucket') } });
    });

    test('are refused where the secret is wrong, with the settings to look at and without the secret', async () => {
      const other = await startStack('not-the-secret-of-this-key');
      try {
        const { operation } = await register(other, 'denied', 's3://models/iris/v 1+2');
        expect(operation).toMatchObject({
          status: 'failed',
          error: {
            code: 'model.source_denied',
            detail: expect.stringMatching(/SignatureDoesNotMatch.*VIRIDIAN_S3_SECRET_ACCESS_KEY/),
          },
        });
        expect(JSON.stringify(operation)).not.toContain('not-the-secret');
      } finally {
        await other.stop();
      }
    });
  },
);

/** Resolves when the server has said where it is. */
function serve(objects: Record<string, string>): Promise<{ server: ChildProcess; place: Place }> {
  const uploads = Object.entries(objects).map(([key, path]) => `${key}=${path}`);
  const script = join(import.meta.dirname, 'serve-s3.py');
  const args = ['run', '--no-project', '--python', PYTHON, '--with', MOTO, 'python', script, ...uploads];
  const server = spawn(UV, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`The S3 server ended with status ${code}.`)));
    createInterface(server.stdout).once('line', (line) => resolve({ server, place: JSON.parse(line) as Place }));
  });
}
