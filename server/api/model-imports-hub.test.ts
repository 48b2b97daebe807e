import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileServer, startFileServer } from '#server/models/remote/file-server-fixture.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

const IRIS = readFileSync(join(import.meta.dirname, '..', '..', 'samples', 'iris', 'v1', 'model', 'iris.onnx'));
const IRIS_SHA256 = createHash('sha256').update(IRIS).digest('hex');
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const TOKEN = 'hf_a-token-for-tests';

/** Large files are kept elsewhere and redirected to. */
let api: TestApi;
let hub: FileServer;
let storage: FileServer;
let announcedSha256 = IRIS_SHA256;

beforeAll(async () => {
  hub = await startFileServer();
  storage = await startFileServer();
  storage.files.set('/lfs/iris', { bytes: IRIS });
  hub.answer = answerAsHub;
  api = await startTestApi({
    VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8',
    VIRIDIAN_HF_ENDPOINT: hub.url,
    VIRIDIAN_HF_TOKEN: TOKEN,
  });
});
afterAll(async () => {
  await api.stop();
  await hub.stop();
  await storage.stop();
});

/** The routes of the hub's API that a snapshot of a repository takes, the tree on two pages. */
function answerAsHub(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', hub.url);
  const json = (status: number, body: unknown, headers = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const path = decodeURIComponent(url.pathname);
  if (path.startsWith('/api/models/owner/gated'))
    return void json(403, { error: 'Access to this model is restricted.' });
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return void json(401, { error: 'Invalid credentials' });
  const revision = /^\/api\/models\/owner\/iris\/revision\/(main|v1|refs\/pr\/1)$/.test(path);
  if (revision) return void json(200, { id: 'owner/iris', sha: COMMIT });
  if (path === `/api/models/owner/iris/tree/${COMMIT}`) {
    if (url.searchParams.get('cursor') === 'two') {
      return void json(200, [
        { type: 'file', path: 'onnx/iris.onnx', size: 130, lfs: { oid: announcedSha256, size: IRIS.length } },
      ]);
    }
    const next = `<${hub.url}/api/models/owner/iris/tree/${COMMIT}?recursive=true&cursor=two>; rel="next"`;
    const page = [
      { type: 'file', path: '.gitattributes', size: 10 },
      { type: 'directory', path: 'onnx', size: 0 },
      { type: 'file', path: 'config.json', size: 2 },
    ];
    return void json(200, page, { link: next });
  }
  if (path === `/owner/iris/resolve/${COMMIT}/config.json`) return void response.end('{}');
  if (path === `/owner/iris/resolve/${COMMIT}/onnx/iris.onnx`) {
    return void response.writeHead(302, { location: `${storage.url}/lfs/iris` }).end();
  }
  json(404, { error: 'Repository not found' });
}

async function register(name: string, path: string) {
  const { body } = await api.call('POST', '/models', { name, path });
  return api.ended(body.id);
}

test.each(['hf://owner/iris', 'hf://owner/iris@v1', 'hf://owner/iris@refs/pr/1'])(
  'the repository %s becomes a version, its large files from where the hub sends us',
  async (path) => {
    const name = path.replaceAll(/[^a-z0-9]+/g, '-');
    storage.requests.length = 0;
    expect(await register(name, path)).toMatchObject({ status: 'succeeded', error: null });
    const { body } = await api.call('GET', `/models/${name}/versions/1`);
    expect(body).toMatchObject({ path, type: 'onnx_model' });
    expect(body.files).toEqual([
      expect.objectContaining({ path: 'config.json', size_bytes: 2 }),
      { path: 'onnx/iris.onnx', size_bytes: IRIS.length, sha256: IRIS_SHA256 },
    ]);
  },
);

test('the token goes to the hub and nowhere else', () => {
  expect(storage.requests.length).toBeGreaterThan(0);
  expect(storage.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});

test('bytes that are not those that the hub announced are refused', async () => {
  announcedSha256 = '0'.repeat(64);
  try {
    expect(await register('forged', 'hf://owner/iris')).toMatchObject({
      status: 'failed',
      error: { code: 'model.source_broken', detail: expect.stringContaining('SHA-256') },
    });
  } finally {
    announcedSha256 = IRIS_SHA256;
  }
});

test('a gated repository and one that is not there say so, without the token', async () => {
  const gated = await register('gated', 'hf://owner/gated');
  expect(gated.error).toMatchObject({
    code: 'model.source_denied',
    detail: expect.stringContaining('VIRIDIAN_HF_TOKEN'),
  });
  const missing = await register('missing', 'hf://owner/nothing');
  expect(missing.error).toMatchObject({
    code: 'model.source_not_found',
    detail: expect.stringContaining('Repository not found'),
  });
  expect(JSON.stringify([gated, missing])).not.toContain(TOKEN);
});

test('an MLflow address without an MLflow server names the setting', async () => {
  const answer = await api.call('POST', '/models', { name: 'nowhere', path: 'models:/iris/1' });
  expect(answer).toMatchObject({
    status: 422,
    body: { code: 'model.path_not_allowed', errors: [{ path: '/path' }] },
  });
  expect(answer.body.detail).toContain('VIRIDIAN_MLFLOW_TRACKING_URI');
});
