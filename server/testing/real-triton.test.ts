import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { uploadArchive } from './upload-archive.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');
/** There are wheels of it for Linux alone. */
const isRequired = hasPython && process.platform === 'linux' && process.arch === 'x64';

/** Set up by `npm test`; has the server with its Python backend, and Triton's clients. */
const ENVIRONMENT = join(import.meta.dirname, '../../.venvs/triton');

const LIMIT_MS = 120_000;

const DESCRIPTION = `
backend: "python"
max_batch_size: 8
input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }
output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }
`;

const MODEL = `
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(pb_utils.get_input_tensor_by_name(request, "x").as_numpy()) for request in requests]

    def answer(self, rows):
        if rows.min() < 0:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError("negative rows"))
        return pb_utils.InferenceResponse([pb_utils.Tensor("y", rows * 2)])
`;

describe.skipIf(!isRequired)(
  'a real tritonserver (runs on Linux where VIRIDIAN_REQUIRE names python)',
  { timeout: LIMIT_MS },
  () => {
    let stack: TestStack;
    let folder: string;

    const call: TestStack['call'] = (...request) => stack.call(...request);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'viridian-real-triton-'));
      stack = await createTestStack({
        driver: 'process',
        gateway: 'process',
        environment: { VIRIDIAN_TRITONSERVER: await writeProgram(folder) },
      });
      await call('PUT', '/endpoints/doubler', {});
    }, LIMIT_MS);

    afterAll(async () => {
      await stack.ended((await call('DELETE', '/endpoints/doubler')).body.id, LIMIT_MS);
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    }, LIMIT_MS);

    async function deploy(name: string, code: string) {
      const path = await uploadArchive(stack, { 'double/config.pbtxt': DESCRIPTION, 'double/1/model.py': code });
      const body = { model: { name, path, type: 'triton_model' }, instance_type: 'cpu-1' };
      const answer = await call('PUT', `/endpoints/doubler/deployments/${name}?all_traffic=true`, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      return stack.ended(answer.body.id, LIMIT_MS);
    }

    /** What Triton's own clients get at the endpoint. */
    async function askAsClients(): Promise<unknown> {
      const { primary_key: key } = (await call('GET', '/endpoints/doubler/keys')).body;
      const script = join(import.meta.dirname, 'real-triton-client.py');
      const address = new URL(stack.gatewayUrl ?? '').host;
      const { stdout } = await promisify(execFile)(join(ENVIRONMENT, 'bin/python'), [script, address, 'doubler', key]);
      return JSON.parse(stdout);
    }

    test('answers Triton’s own clients at the endpoint over HTTP and gRPC, calls and streams alike', async () => {
      expect(await deploy('blue', MODEL)).toMatchObject({ status: 'succeeded' });
      expect(await askAsClients()).toEqual({
        server: 'triton',
        http: [
          [2, 5],
          [6, 8],
        ],
        ready: true,
        grpc: [
          [2, 5],
          [6, 8],
        ],
        stream: [
          [2, 5],
          [4, 7],
          [6, 9],
        ],
        raises: 'StatusCode.INTERNAL: negative rows',
        unknown: expect.stringMatching(/^StatusCode\.NOT_FOUND: .*triple/),
        no_key: expect.stringMatching(/^StatusCode\.UNAUTHENTICATED: /),
      });
    });

    test('that cannot load a model fails the deploy in its own words, and what served before serves on', async () => {
      expect(await deploy('green', 'import nowhere_to_be_found')).toMatchObject({
        status: 'failed',
        error: {
          code: 'deployment.import_missing',
          details: { log_tail: expect.arrayContaining([expect.stringMatching(/UNAVAILABLE.*nowhere_to_be_found/)]) },
        },
      });
      expect(await askAsClients()).toMatchObject({ ready: true, stream: expect.any(Array) });
    });
  },
);

/** The program as an installation of Triton has it: it finds its backends, and its backends find their Python. */
async function writeProgram(folder: string): Promise<string> {
  const [python = ''] = readdirSync(join(ENVIRONMENT, 'lib'));
  const installed = join(ENVIRONMENT, 'lib', python, 'site-packages/pytriton/tritonserver');
  const program = join(folder, 'tritonserver');
  const lines = [
    '#!/bin/sh',
    `export PATH="${ENVIRONMENT}/bin:$PATH"`,
    `exec "${installed}/bin/tritonserver" --backend-directory="${installed}/backends" "$@"`,
  ];
  await writeFile(program, `${lines.join('\n')}\n`, { mode: 0o755 });
  return program;
}
