import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BuildArtifact } from '#server/domain/environment-build.ts';
import { eventually } from '#server/testing/eventually.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const VENV: BuildArtifact = { kind: 'venv', python: '/venv/bin/python', pythonVersion: '3.11.7' };

async function uploadScript(text: string): Promise<string> {
  const response = await fetch(`${api.apiUrl}/uploads?filename=score.py`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.apiKey}`, 'content-type': 'application/octet-stream' },
    body: text,
  });
  return `upload:${((await response.json()) as { id: string }).id}`;
}

const deploymentOf = async (pip: string) => ({
  code_configuration: { code: await uploadScript(`# ${pip}\n`), scoring_script: 'score.py' },
  environment: { pip_requirements: pip },
  environment_variables: { A: 'b' },
});

const ended = (id: string) =>
  eventually(async () => {
    const { body } = await api.call('GET', `/trials/${id}`);
    return ['succeeded', 'failed', 'canceled'].includes(body.state) ? body : null;
  }, 'the end of a trial');

/** Begins a trial and waits for its build to have begun. */
async function begin(pip: string, sample?: unknown): Promise<{ id: string; key: string }> {
  const before = api.builder.begun.length;
  const answer = await api.call('POST', '/trials', { deployment: await deploymentOf(pip), sample });
  expect(answer).toMatchObject({ status: 202, body: { state: 'preparing' } });
  const key = await eventually(async () => api.builder.begun[before]?.key ?? null, 'a build');
  return { id: answer.body.id, key };
}

test('a trial loads the model where it will run and says what it answered, how fast, and with how much memory', async () => {
  const runs: unknown[] = [];
  api.programs.run = async (run) => {
    runs.push(run);
    const report = {
      ok: true,
      load_seconds: 0.5,
      score_ms: 3,
      peak_memory_mib: 80,
      response: { status: 200, body: '[1]' },
    };
    return { code: 0, signal: null, timedOut: false, stdout: `noise\n${JSON.stringify(report)}\n`, stderr: 'loaded\n' };
  };
  const { id, key } = await begin('numpy', { data: [1] });
  api.builder.become(key, { kind: 'ready', artifact: VENV, warnings: ['Python 3.11.7 is not 3.12.'] });
  expect(await ended(id)).toMatchObject({
    state: 'succeeded',
    load_seconds: 0.5,
    score_ms: 3,
    peak_memory_mib: 80,
    response: { status: 200, body: '[1]' },
    log_tail: ['loaded'],
    warnings: ['Python 3.11.7 is not 3.12.'],
    error: null,
  });
  expect(runs).toMatchObject([
    {
      command: ['/venv/bin/python', '-m', 'viridian_serving', '--kind', 'scoring', '--check', '--sample', '-'],
      environment: { A: 'b', AZUREML_ENTRY_SCRIPT: 'score.py' },
      input: '{"data":[1]}',
    },
  ]);
  expect((await api.call('GET', '/endpoints')).body.items).toEqual([]);
});

test('a build that fails is the end of its trial, with the cause', async () => {
  const { id, key } = await begin('nonsense');
  const failure = { code: 'deployment.package_not_found' as const, detail: 'No such package.', logTail: ['404'] };
  api.builder.become(key, { kind: 'failed', failure });
  expect(await ended(id)).toMatchObject({
    state: 'failed',
    error: { code: 'deployment.package_not_found', detail: 'No such package.' },
    log_tail: ['404'],
  });
});

test('a script that does not load is told with its line', async () => {
  api.programs.run = async () => {
    const failure = { code: 'deployment.import_missing', detail: 'No module named cv2.', line: 3 };
    return { code: 3, signal: null, timedOut: false, stdout: JSON.stringify({ ok: false, failure }), stderr: '' };
  };
  const { id, key } = await begin('pandas');
  api.builder.become(key, { kind: 'ready', artifact: VENV, warnings: [] });
  expect(await ended(id)).toMatchObject({
    state: 'failed',
    error: { code: 'deployment.import_missing', details: { line: 3 } },
  });
});

test('a program that says nothing is told by how it ended', async () => {
  api.programs.run = async () => ({ code: null, signal: 'SIGKILL', timedOut: false, stdout: '', stderr: 'boom' });
  const { id, key } = await begin('torch');
  api.builder.become(key, { kind: 'ready', artifact: VENV, warnings: [] });
  expect(await ended(id)).toMatchObject({ state: 'failed', error: { code: 'deployment.out_of_memory' } });
});

test('a trial that is cancelled stops waiting, and one that never was is not found', async () => {
  const { id } = await begin('scipy');
  expect((await api.call('DELETE', `/trials/${id}`)).status).toBe(204);
  expect(await ended(id)).toMatchObject({ state: 'canceled' });
  expect((await api.call('GET', '/trials/nothing')).body.code).toBe('trial.not_found');
});

test('a trial of what cannot be deployed is refused with the field', async () => {
  const answer = await api.call('POST', '/trials', { deployment: { model: 'azureml:nobody:1' } });
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'deployment.model_missing', errors: [{ path: '/model' }] },
  });
});

test('what is no Python model is refused before anything is built', async () => {
  const before = api.builder.begun.length;
  const deployment = { environment: { image: 'debian', inference_config: {} }, instance_type: 'cpu-1' };
  expect(await api.call('POST', '/trials', { deployment })).toMatchObject({
    status: 422,
    body: { code: 'deployment.kind_not_supported', detail: 'Only Python models can be tried.' },
  });
  expect(api.builder.begun).toHaveLength(before);
});
