import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedEnvironments } from '#server/commands/seed-environments.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

async function upload(files: Record<string, string>, query = ''): Promise<string> {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text);
  archive.finalize();
  const response = await fetch(`${api.apiUrl}/uploads?filename=files.tar.gz${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.apiKey}`, 'content-type': 'application/octet-stream' },
    body: gzipSync(await buffer(archive)),
  });
  return ((await response.json()) as { id: string }).id;
}

const versions = (name: string) => `/environments/${name}/versions`;

describe('an environment version', () => {
  test('of an image is written once, and answers what it is', async () => {
    const body = { image: 'tensorflow/serving:2.16', inference_config: { scoring_route: { path: '/', port: 8501 } } };
    const made = await api.call('PUT', `${versions('tf')}/1`, body);
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'tf', version: '1', kind: 'image', ...body, build_number: 1, builds: [], used_by: [] },
    });
    expect((await api.call('PUT', `${versions('tf')}/1`, { ...body, tags: { a: 'b' } })).body.tags).toEqual({ a: 'b' });
    const other = await api.call('PUT', `${versions('tf')}/1`, { image: 'tensorflow/serving:2.17' });
    expect(other).toMatchObject({ status: 409, body: { code: 'environment.version_exists' } });
    expect((await api.call('GET', '/environments')).body.items).toContainEqual(
      expect.objectContaining({ name: 'tf', latest_version: '1', version_count: 1 }),
    );
  });

  test('is numbered by the registry, and what was answered can be written again', async () => {
    const first = await api.call('POST', versions('sk'), { pip_requirements: ['numpy', 'scikit-learn==1.9.1'] });
    expect(first).toMatchObject({
      status: 201,
      body: { version: '1', kind: 'python', pip_requirements: 'numpy\nscikit-learn==1.9.1' },
    });
    const conda = { dependencies: ['python=3.11', { pip: ['six'] }] };
    const second = await api.call('POST', versions('sk'), { conda_file: conda });
    expect(second.body).toMatchObject({ version: '2', conda_file: expect.stringContaining('python=3.11') });
    const again = await api.call('PUT', `${versions('sk')}/2`, second.body);
    expect(again).toMatchObject({ status: 200, body: { revision: second.body.revision } });
  });

  test('of a Dockerfile keeps its context under the hash of its content', async () => {
    const files = { Dockerfile: 'FROM scratch\n', 'app/main.py': 'pass\n' };
    const written = async () => ({ build: { path: `upload:${await upload(files)}` } });
    const made = await api.call('PUT', `${versions('own')}/1`, await written());
    expect(made.body).toMatchObject({
      kind: 'dockerfile',
      build: { path: expect.stringMatching(/^files:[0-9a-f]{64}$/), dockerfile_path: 'Dockerfile' },
    });
    expect((await api.call('PUT', `${versions('own')}/1`, await written())).status).toBe(200);
  });

  test.each([
    ['nothing', {}, ''],
    ['two bases', { image: 'a', build: { path: 'upload:x' } }, '/build'],
    ['packages that are no YAML', { conda_file: '{dependencies: [' }, '/conda_file'],
    ['packages twice', { conda_file: 'a', pip_requirements: 'b' }, '/pip_requirements'],
    ['files that were not uploaded', { build: { path: 'upload:nothing' } }, '/build/path'],
    ['files of this host', { build: { path: 'file:/etc' } }, '/build/path'],
    [
      'a port that is no integer',
      { image: 'a', inference_config: { scoring_route: { path: '/', port: 1.5 } } },
      '/inference_config/scoring_route/port',
    ],
    [
      'a route that is no path',
      { image: 'a', inference_config: { scoring_route: { path: 'x', port: 1 } } },
      '/inference_config/scoring_route/path',
    ],
  ])('of %s is refused with the field', async (_what, body, path) => {
    const answer = await api.call('PUT', `${versions('bad')}/1`, body);
    expect(answer).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
    expect((await api.call('GET', '/environments/bad')).body.code).toBe('environment.not_found');
  });

  test('without its Dockerfile is refused with what the upload holds', async () => {
    const path = `upload:${await upload({ 'docker/Dockerfile': 'FROM scratch\n' })}`;
    const answer = await api.call('PUT', `${versions('bad')}/1`, { build: { path } });
    expect(answer.body.errors).toEqual([
      { path: '/build/dockerfile_path', message: expect.stringContaining('docker/Dockerfile') },
    ]);
  });

  test('is built when asked for, tells how far it is, and is built anew under another number', async () => {
    await api.call('PUT', `${versions('built')}/1`, { image: 'a/b:1' });
    const begun = await api.call('POST', `${versions('built')}/1/build`);
    expect(begun).toMatchObject({ status: 202, body: { builds: [{ runtime: 'docker', state: 'building' }] } });
    const { key } = begun.body.builds[0];
    const failure = { code: 'deployment.image_not_found' as const, detail: 'No such image.', logTail: ['gone'] };
    api.builder.become(key, { kind: 'failed', failure });
    expect((await api.call('GET', `${versions('built')}/latest`)).body.builds).toMatchObject([
      { state: 'failed', error: { code: 'deployment.image_not_found', details: { log_tail: ['gone'] } } },
    ]);
    expect((await api.call('GET', `${versions('built')}/1/logs`)).body.content).toContain('Step 1');
    const anew = await api.call('POST', `${versions('built')}/1/build`, { rebuild: true });
    expect(anew.body).toMatchObject({ build_number: 2, builds: [{ state: 'building' }] });
    expect(anew.body.builds[0].key).not.toBe(key);
  });
});

test('some environments come along, and one that was deleted does not come back', async () => {
  const names = async () =>
    (await api.call('GET', '/environments?name=viridian-')).body.items.map((one: { name: string }) => one.name);
  expect(await names()).toContain('viridian-scikit-learn');
  expect((await api.call('DELETE', '/environments/viridian-onnx')).status).toBe(204);
  await seedEnvironments(api, [{ name: 'viridian-onnx', description: '', requirements: [] }]);
  expect(await names()).not.toContain('viridian-onnx');
});

describe('a deployment', () => {
  const endpoint = async (name: string): Promise<string> => {
    await api.call('PUT', `/endpoints/${name}`, {});
    return `/endpoints/${name}/deployments/blue`;
  };

  test('of an inline environment registers it under a name made from its content, once', async () => {
    const path = await endpoint('inline-env');
    const body = { runtime: 'docker', command: ['fake'], environment: { image: 'x/y:1' }, instance_type: 'cpu-1' };
    const first = await api.call('PUT', path, body);
    expect(first.status).toBe(202);
    const { environment } = (await api.call('GET', path)).body;
    expect(environment).toMatch(/^azureml:anonymous-[0-9a-f]{12}:1$/);
    expect((await api.call('PUT', path, body)).body.id).toBe(first.body.id);
    expect((await api.call('GET', '/environments')).body.items.map(({ name }: { name: string }) => name)).not.toContain(
      environment.split(':')[1],
    );
  });

  test('keeps its environment from being deleted, and is named by it', async () => {
    await api.call('PUT', `${versions('used')}/1`, { image: 'x/y:2' });
    const path = await endpoint('env-user');
    const body = { runtime: 'docker', command: ['fake'], environment: 'azureml:used@latest', instance_type: 'cpu-1' };
    await api.call('PUT', path, body);
    expect((await api.call('GET', path)).body.environment).toBe('azureml:used:1');
    expect((await api.call('GET', `${versions('used')}/1`)).body.used_by).toEqual([path]);
    const refused = await api.call('DELETE', `${versions('used')}/1`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'environment.in_use', details: { used_by: [path] } } });
  });

  test('of an environment that is not there is refused with the versions that are', async () => {
    await api.call('PUT', `${versions('known')}/1`, { image: 'x/y:3' });
    const path = await endpoint('env-missing');
    const answer = await api.call('PUT', path, { environment: 'azureml:known:7', instance_type: 'cpu-1' });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/environment', message: 'names version 7 of "known", which has 1' }] },
    });
  });

  test('of a scoring script keeps its code, and refuses a script that was not uploaded', async () => {
    const path = await endpoint('scored');
    const code = `upload:${await upload({ 'src/score.py': 'def init(): pass\ndef run(data): return data\n' })}`;
    const wrong = { code_configuration: { code, scoring_script: 'score.py' }, instance_type: 'cpu-1' };
    expect((await api.call('PUT', path, wrong)).body.errors).toEqual([
      { path: '/code_configuration/scoring_script', message: expect.stringContaining('src/score.py') },
    ]);
    const right = { ...wrong, code_configuration: { code, scoring_script: 'src/score.py' } };
    expect((await api.call('PUT', path, right)).status).toBe(202);
    const shown = (await api.call('GET', path)).body;
    expect(shown).toMatchObject({
      deployment_kind: 'scoring_script',
      runtime: 'process',
      code_configuration: { code: expect.stringMatching(/^files:/), scoring_script: 'src/score.py' },
    });
    const { error: _error, ...edited } = { ...shown, description: 'edited' };
    expect((await api.call('PUT', path, edited)).status).toBe(202);
  });

  test('of a model mount path that is not absolute is refused with the field', async () => {
    const path = await endpoint('mounted');
    const answer = await api.call('PUT', path, { environment: { image: 'a' }, model_mount_path: 'models' });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/model_mount_path' }] } });
  });
});

test('a newer build is not brought to a deployment of another environment', async () => {
  await api.call('PUT', `${versions('lonely')}/1`, { image: 'lonely/server:1' });
  const answer = await api.call('POST', `${versions('lonely')}/1/roll`, {
    deployments: ['/endpoints/other/deployments/blue'],
  });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/deployments/0' }] } });
});
