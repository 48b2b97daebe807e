import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';
import { uploadArchive } from './upload-archive.ts';

const hasPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

const GOOD = `
import json
def init():
    global factor
    factor = 2
    print("the model is here")
def run(raw):
    return [factor * value for value in json.loads(raw)["data"]]
`;

describe.skipIf(!hasPython)(
  'scoring scripts in virtual environments (runs where VIRIDIAN_REQUIRE names python)',
  () => {
    let stack: TestStack;

    beforeAll(async () => {
      const { SSL_CERT_FILE: authority } = process.env;
      stack = await createTestStack({
        driver: 'process',
        gateway: 'process',
        environment: authority === undefined ? {} : { VIRIDIAN_EXTRA_CA_FILE: authority },
      });
      await call('PUT', '/endpoints/scripts', {});
    }, 60_000);

    afterAll(async () => {
      await ended((await call('DELETE', '/endpoints/scripts')).body.id);
      await stack.stop();
    }, 60_000);

    // oxlint-disable-next-line typescript/no-explicit-any -- answers of every shape are looked into
    const call = (method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> =>
      stack.call(method, path, body);

    const ended = (operation: string) =>
      eventually(
        async () => {
          const { body } = await call('GET', `/operations/${operation}`);
          return body.status === 'running' ? null : body;
        },
        `the end of ${operation}`,
        90_000,
      );

    async function deploy(name: string, script: string, change: Record<string, unknown> = {}, query = '') {
      const code = await uploadArchive(stack, { 'score.py': script });
      const body = { code_configuration: { code, scoring_script: 'score.py' }, instance_type: 'cpu-1', ...change };
      const answer = await call('PUT', `/endpoints/scripts/deployments/${name}${query}`, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      return ended(answer.body.id);
    }

    async function predict(body: unknown): Promise<{ status: number; text: string }> {
      const { primary_key: key } = (await call('GET', '/endpoints/scripts/keys')).body;
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(`${stack.gatewayUrl}/scripts/score`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return { status: answer.status, text: await answer.text() };
    }

    test('a script with its packages answers predictions, and prints into its log', async () => {
      const operation = await deploy(
        'blue',
        GOOD,
        { environment: { pip_requirements: 'six==1.17.0' } },
        '?all_traffic=true',
      );
      expect(operation).toMatchObject({ status: 'succeeded' });
      expect(await predict({ data: [1, 2] })).toEqual({ status: 200, text: '[2, 4]' });
      const log = await call('GET', '/endpoints/scripts/deployments/blue/logs');
      expect(log.body.content).toContain('the model is here');
      const build = await call('GET', '/endpoints/scripts/deployments/blue/logs?container=build');
      expect(build.body.content).toContain('six');
    });

    test('what a script raises is answered as its failure, without its traceback', async () => {
      const { status, text } = await predict({ nothing: true });
      expect(status).toBe(500);
      expect(text).not.toContain('Traceback');
    });

    test.each([
      ['a syntax error', 'def init():\n  pass\ndef run(x:\n  pass\n', 'deployment.script_invalid', 'score.py'],
      ['no run()', 'def init(): pass\n', 'deployment.script_invalid', 'run()'],
      [
        'an init() that raises',
        'def init(): raise ValueError("no weights")\ndef run(x): return x\n',
        'deployment.script_failed',
        'no weights',
      ],
      [
        'a package that is missing',
        'import cv2\ndef init(): pass\ndef run(x): return x\n',
        'deployment.import_missing',
        'opencv',
      ],
    ])('a creation with %s fails at once and says what and where', async (_what, script, code, words) => {
      const { status, error } = await deploy('broken', script);
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', code]);
      expect(JSON.stringify([error.detail, error.details])).toContain(words);
    });

    test('requirements that exclude each other are told in the words of the solver', async () => {
      const environment = { pip_requirements: 'requests==2.32.3\nurllib3==2.9.0\nurllib3==1.26.0' };
      const { status, error } = await deploy('broken', GOOD, { environment });
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', 'deployment.packages_conflict']);
      expect(error.detail).toContain('urllib3');
    });

    test('a script is checked without running it, and a model is tried without a deployment', async () => {
      const code = await uploadArchive(stack, { 'score.py': GOOD });
      const check = { code, scoring_script: 'score.py' };
      expect((await call('POST', '/scoring-scripts/check', check)).body).toEqual({ ok: true, problems: [] });
      const wrong = { code: await uploadArchive(stack, { 'score.py': 'def init(:\n' }), scoring_script: 'score.py' };
      expect((await call('POST', '/scoring-scripts/check', wrong)).body).toMatchObject({
        ok: false,
        problems: [{ line: 1 }],
      });
      const deployment = { code_configuration: check, environment: { pip_requirements: 'six==1.17.0' } };
      const begun = await call('POST', '/trials', { deployment, sample: { data: [4] } });
      const trial = await eventually(
        async () => {
          const { body } = await call('GET', `/trials/${begun.body.id}`);
          return body.finished_at === null ? null : body;
        },
        'the end of the trial',
        60_000,
      );
      expect(trial).toMatchObject({ state: 'succeeded', response: { status: 200, body: '[8]' } });
      expect(trial.peak_memory_mib).toBeGreaterThan(1);
    });
  },
);
