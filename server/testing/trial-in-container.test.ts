import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';
import { DOCKER_HOST, hasDocker } from './require-docker.ts';
import { uploadArchive } from './upload-archive.ts';

/** Builds an image with Python packages, on a host that may be busy. */
const LIMIT_MS = 240_000;

const SCRIPT = `
import json, os, platform
def init():
    print("loading on", platform.node())
def run(raw):
    return {"doubled": [2 * value for value in json.loads(raw)["data"]], "uid": os.getuid()}
`;

describe.skipIf(!hasDocker)(
  'a script that would run in a container (VIRIDIAN_REQUIRE=docker insists)',
  { timeout: LIMIT_MS },
  () => {
    let stack: TestStack;

    beforeAll(async () => {
      const { SSL_CERT_FILE: authority } = process.env;
      stack = await createTestStack({
        driver: 'process',
        dockerHost: DOCKER_HOST,
        environment: {
          VIRIDIAN_BUILD_NETWORK: 'host',
          ...(authority !== undefined && { VIRIDIAN_EXTRA_CA_FILE: authority }),
        },
      });
    }, LIMIT_MS);

    afterAll(() => stack.stop(), LIMIT_MS);

    /** How its trial ended. */
    async function tryOut(script: string) {
      const code = await uploadArchive(stack, { 'score.py': script });
      const deployment = {
        code_configuration: { code, scoring_script: 'score.py' },
        environment: { image: 'debian:bookworm-slim', pip_requirements: 'six==1.17.0' },
        runtime: 'docker',
        instance_type: 'cpu-1',
      };
      const begun = await stack.call('POST', '/trials', { deployment, sample: { data: [1, 2.5] } });
      expect(begun.status, JSON.stringify(begun.body)).toBe(202);
      return eventually(
        async () => {
          const { body } = await stack.call('GET', `/trials/${begun.body.id}`);
          return body.finished_at === null ? null : body;
        },
        'the end of the trial',
        LIMIT_MS,
      );
    }

    test('is tried in that image, by the user and with the memory that its instances have', async () => {
      expect(await tryOut(SCRIPT)).toMatchObject({
        state: 'succeeded',
        error: null,
        load_seconds: expect.any(Number),
        score_ms: expect.any(Number),
        peak_memory_mib: expect.any(Number),
        response: { status: 200, body: '{"doubled": [2, 5.0], "uid": 10001}' },
      });
    });

    test('and that does not load there is told with its line, before anything is deployed', async () => {
      expect(await tryOut('import sklearn\ndef init(): pass\ndef run(raw): return 1\n')).toMatchObject({
        state: 'failed',
        error: { code: 'deployment.import_missing', detail: expect.stringContaining('sklearn') },
      });
      expect((await stack.call('GET', '/endpoints')).body.items).toEqual([]);
    });
  },
);
