import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

/** Goes wrong as the request asks for. */
const FAULTS = `
import json, sys
import numpy, pandas
def init(): pass
def run(raw):
    what = json.loads(raw)["what"]
    if what == "raises": raise KeyError("secret-column")
    while what == "hangs": pass
    if what == "exits": sys.exit(1)
    frame = pandas.DataFrame({"a": [1]})
    results = {"set": {1, 2}, "scalar": numpy.int64(3), "frame": frame, "time": {"at": pandas.Timestamp(0)}}
    return {**results, "nan": [float("nan"), float("inf")], "float": numpy.float64(1.5), "works": "fine"}[what]
`;

/** Set up by `npm test`; has scikit-learn. */
const PYTHON = join(import.meta.dirname, '../../.venvs/serving/bin/python');

/** Writes the pickle of a model that says an older scikit-learn had saved it. The version keeps its length, so that the pickle stays whole. */
const OLD_PICKLE = `
import pickle, sys, sklearn
from sklearn.linear_model import LogisticRegression
content = pickle.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
sys.stdout.buffer.write(content.replace(sklearn.__version__.encode(), b"1.2.2"))
`;

const UNPICKLE = `
import os, pickle
def init():
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"), "rb") as file:
        pickle.load(file).no_such_attribute
def run(data): return 1
`;

/** Of an answer that the API passes on: as JSON where it is some, else as bytes. */
function readBody({ body, body_base64 }: { body?: unknown; body_base64?: string }): unknown {
  return body_base64 === undefined ? body : Buffer.from(body_base64, 'base64').toString();
}

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

    const call: TestStack['call'] = (...request) => stack.call(...request);
    const ended = (operation: string) => stack.ended(operation, 90_000);

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
      await eventually(async () => {
        const log = await call('GET', '/endpoints/scripts/deployments/blue/logs');
        return log.body.content.includes('the model is here');
      }, 'what init() prints in the log');
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
      ['no init()', 'def run(x): return x\n', 'deployment.script_invalid', 'init()'],
      [
        'memory that runs out in init()',
        'def init(): bytearray(1 << 62)\ndef run(x): return x\n',
        'deployment.out_of_memory',
        'larger',
      ],
    ])('a creation with %s fails at once and says what and where', async (_what, script, code, words) => {
      const { status, error } = await deploy('broken', script);
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', code]);
      expect(JSON.stringify([error.detail, error.details])).toContain(words);
    });

    test('a model file that is not there is told with what is there', async () => {
      const path = await uploadArchive(stack, { 'weights/other.bin': 'x' });
      const open = 'open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "weights.bin"))';
      const script = `import os\ndef init(): ${open}\ndef run(x): return x\n`;
      const { status, error } = await deploy('broken', script, { model: { path, type: 'custom_model' } });
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', 'deployment.model_not_loadable']);
      expect(error.detail).toMatch(/weights\/\s+other\.bin/);
    });

    test('a model of another scikit-learn is told with both versions', { timeout: 120_000 }, async () => {
      const { stdout } = await promisify(execFile)(PYTHON, ['-c', OLD_PICKLE], { encoding: 'buffer' });
      const path = await uploadArchive(stack, { 'model.pkl': stdout });
      const { status, error } = await deploy('broken', UNPICKLE, {
        model: { path, type: 'custom_model' },
        environment: { pip_requirements: 'scikit-learn==1.9.1\nnumpy==2.4.6' },
      });
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', 'deployment.model_version_mismatch']);
      expect(error.detail).toContain('saved with scikit-learn 1.2.2, loaded with scikit-learn 1.9.1');
    });

    test('an MLflow model whose environment lacks MLflow names the package', { timeout: 120_000 }, async () => {
      const path = await uploadArchive(stack, {
        'model/MLmodel': 'flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n',
        'model/requirements.txt': 'numpy==2.4.6\npyyaml==6.0.3\n',
      });
      const body = { model: { path, type: 'mlflow_model' }, instance_type: 'cpu-1' };
      const answer = await call('PUT', '/endpoints/scripts/deployments/broken', body);
      const { status, error } = await ended(answer.body.id);
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', 'deployment.import_missing']);
      expect(error.detail).toContain('Add the package mlflow');
    });

    test('packages that no Python of this host can have are told so', async () => {
      const environment = { pip_requirements: 'tensorflow==1.15.5' };
      const { status, error } = await deploy('broken', GOOD, { environment });
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', 'deployment.python_unavailable']);
      expect(error.detail).toContain('tensorflow');
    });

    describe('what goes wrong in run()', () => {
      beforeAll(async () => {
        const change = {
          environment: { pip_requirements: 'numpy==2.4.6\npandas==3.1.1' },
          environment_variables: { SCORING_TIMEOUT_MS: '300' },
        };
        expect(await deploy('faults', FAULTS, change)).toMatchObject({ status: 'succeeded' });
      }, 90_000);

      const SCRIPT_ERROR = 'An unexpected error occurred in scoring script. Check the logs for more info.';
      const RESULT_ERROR = 'An unexpected internal error occurred. Check the logs for more info.';

      test.each([
        ['raises', 500, { message: SCRIPT_ERROR }, "KeyError: 'secret-column'"],
        ['hangs', 500, { message: 'Scoring timeout after 300 ms' }, 'did not end within 300 ms'],
        ['set', 500, { message: RESULT_ERROR }, 'Return list(value)'],
        ['scalar', 500, { message: RESULT_ERROR }, 'numpy.int64 in result'],
        ['frame', 500, { message: RESULT_ERROR }, "value.to_dict(orient='records')"],
        ['time', 500, { message: RESULT_ERROR }, "Timestamp in result['at']"],
        ['float', 200, 1.5, 'POST /score 200'],
        ['exits', 500, { message: SCRIPT_ERROR }, 'sys.exit'],
        ['nan', 200, '[NaN, Infinity]', 'holds NaN or Infinity'],
        ['works', 200, 'fine', 'POST /score 200'],
      ])('%s: the caller gets %i, the log the cause', async (what, status, body, cause) => {
        const asked = { deployment: 'faults', path: '/score', body: { what } };
        const answer = (await call('POST', '/endpoints/scripts/invoke', asked)).body;
        expect([answer.status, readBody(answer)]).toEqual([status, body]);
        await eventually(async () => {
          const log = await call('GET', '/endpoints/scripts/deployments/faults/logs');
          return log.body.content.includes(cause);
        }, `${cause} in the log`);
      });
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

describe.skipIf(!hasPython)('a package index that cannot be reached (runs where VIRIDIAN_REQUIRE names python)', () => {
  test('is told by its address, before anything is replaced', { timeout: 90_000 }, async () => {
    const { SSL_CERT_FILE: authority } = process.env;
    const stack = await createTestStack({
      driver: 'process',
      gateway: 'none',
      environment: {
        VIRIDIAN_PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
        ...(authority !== undefined && { VIRIDIAN_EXTRA_CA_FILE: authority }),
      },
    });
    try {
      await stack.call('PUT', '/endpoints/lonely', {});
      const code = await uploadArchive(stack, { 'score.py': GOOD });
      const body = {
        code_configuration: { code, scoring_script: 'score.py' },
        environment: { pip_requirements: 'six==1.17.0' },
        instance_type: 'cpu-1',
      };
      const { body: begun } = await stack.call('PUT', '/endpoints/lonely/deployments/blue', body);
      const ended = await stack.ended(begun.id, 80_000);
      expect([ended.status, ended.error?.code]).toEqual(['failed', 'deployment.packages_unreachable']);
      expect(ended.error.detail).toContain('VIRIDIAN_PIP_INDEX_URL');
    } finally {
      await stack.stop();
    }
  });
});
