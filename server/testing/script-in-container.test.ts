import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';
import { DOCKER_HOST, hasDocker } from './require-docker.ts';
import { uploadArchive } from './upload-archive.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

/** Builds an image with Python packages, on a host that may be busy. */
const LIMIT_MS = 240_000;

const SCRIPT = `
import json, os, platform
def init():
    print("loading on", platform.node())
def run(raw):
    return {"doubled": [2 * value for value in json.loads(raw)["data"]], "uid": os.getuid()}
`;

describe.skipIf(!hasDocker)('a script in a container (VIRIDIAN_REQUIRE=docker insists)', { timeout: LIMIT_MS }, () => {
  let stack: TestStack;

  beforeAll(async () => {
    const { SSL_CERT_FILE: authority } = process.env;
    stack = await createTestStack({
      driver: 'process',
      gateway: 'process',
      dockerHost: DOCKER_HOST,
      environment: {
        VIRIDIAN_BUILD_NETWORK: 'host',
        ...(authority !== undefined && { VIRIDIAN_EXTRA_CA_FILE: authority }),
      },
    });
  }, LIMIT_MS);

  afterAll(async () => {
    await stack.ended((await stack.call('DELETE', '/endpoints/mover')).body.id, LIMIT_MS);
    await stack.stop();
  }, LIMIT_MS);

  async function describeDeployment(script: string, runtime: 'process' | 'docker') {
    return {
      code_configuration: { code: await uploadArchive(stack, { 'score.py': script }), scoring_script: 'score.py' },
      environment: { image: 'debian:bookworm-slim', pip_requirements: 'six==1.17.0' },
      runtime,
      instance_type: 'cpu-1',
    };
  }

  /** How its trial ended. */
  async function tryOut(script: string) {
    const deployment = await describeDeployment(script, 'docker');
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

  test.runIf(hasPython)(
    'came from a process by one field and goes back by it, and no call fails meanwhile',
    async () => {
      await stack.call('PUT', '/endpoints/mover', {});
      const path = '/endpoints/mover/deployments/blue';
      const made = await stack.call('PUT', `${path}?all_traffic=true`, await describeDeployment(SCRIPT, 'process'));
      expect(await stack.ended(made.body.id, LIMIT_MS)).toMatchObject({ status: 'succeeded' });
      const load = await startLoad(stack);
      for (const runtime of ['docker', 'process']) {
        const moved = await stack.call('PATCH', path, { runtime });
        expect(await stack.ended(moved.body.id, LIMIT_MS)).toMatchObject({ status: 'succeeded' });
        expect((await stack.call('GET', path)).body).toMatchObject({ runtime });
      }
      const answers = await load.stop();
      expect(answers.length).toBeGreaterThan(20);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    },
  );
});

/** Calls the endpoint one call after the other until it is told to stop. */
async function startLoad(stack: TestStack): Promise<{ stop(): Promise<{ status: number; text: string }[]> }> {
  const { primary_key: key } = (await stack.call('GET', '/endpoints/mover/keys')).body;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answers: { status: number; text: string }[] = [];
  let isWanted = true;
  const caller = (async () => {
    while (isWanted) {
      const answer = await fetch(`${stack.gatewayUrl}/mover/score`, { method: 'POST', headers, body: '{"data":[1]}' });
      answers.push({ status: answer.status, text: await answer.text() });
    }
  })();
  return {
    async stop() {
      isWanted = false;
      await caller;
      return answers;
    },
  };
}
