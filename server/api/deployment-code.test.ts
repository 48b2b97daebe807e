import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';
import { uploadArchive } from '#server/testing/upload-archive.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.call('PUT', '/endpoints/shop', {});
});
afterAll(() => api.stop());

const SCRIPT = 'def init():\n    pass\n\n\ndef run(data):\n    return data\n';

async function deploy(name: string, files: Record<string, string | Buffer>) {
  return api.call('PUT', `/endpoints/shop/deployments/${name}`, {
    code_configuration: { code: await uploadArchive(api, files), scoring_script: 'score.py' },
    instance_type: 'cpu-1',
  });
}

test('the code of a deployment can be read back, and written again it is the same code', async () => {
  const files = { 'score.py': SCRIPT, 'parts/names.txt': 'setosa\n', 'weights.bin': Buffer.from([0x93, 0xff, 0x01]) };
  expect((await deploy('blue', files)).status).toBe(202);
  expect((await api.call('GET', '/endpoints/shop/deployments/blue/code')).body).toEqual({
    scoring_script: 'score.py',
    files: [
      { path: 'parts/names.txt', size_bytes: 7, text: 'setosa\n' },
      { path: 'score.py', size_bytes: SCRIPT.length, text: SCRIPT },
      { path: 'weights.bin', size_bytes: 3, text: null },
    ],
  });
  expect((await deploy('green', files)).status).toBe(202);
  const [blue, green] = (await api.call('GET', '/endpoints/shop/deployments')).body.items;
  expect(green.code_configuration).toEqual(blue.code_configuration);
});

test('a deployment without code has none, and one that is not there is not found', async () => {
  const path = '/endpoints/shop/deployments/plain';
  await api.ended((await api.call('PUT', path, { command: ['fake'], instance_type: 'cpu-1' })).body.id);
  expect((await api.call('GET', `${path}/code`)).body).toEqual({ scoring_script: null, files: [] });
  expect(await api.call('GET', '/endpoints/shop/deployments/none/code')).toMatchObject({
    status: 404,
    body: { code: 'deployment.not_found' },
  });
});
