import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

const IRIS = readFileSync(join(import.meta.dirname, '..', '..', 'samples', 'iris', 'v1', 'model', 'iris.onnx'));

/** Where an operator keeps models of the own. */
const OPERATORS_FOLDER = mkdtempSync(join(tmpdir(), 'viridian-models-'));

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ VIRIDIAN_MODEL_PATH_ALLOW: OPERATORS_FOLDER });
});
afterAll(async () => {
  await api.stop();
  rmSync(OPERATORS_FOLDER, { recursive: true });
});

async function upload(
  bytes: Uint8Array,
  filename: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<{ status: number; body: any }> {
  const response = await fetch(`${api.apiUrl}/uploads?filename=${encodeURIComponent(filename)}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.apiKey}`, 'content-type': 'application/octet-stream', ...headers },
    body: Buffer.from(bytes),
  });
  return { status: response.status, body: await response.json() };
}

async function uploadIris(): Promise<string> {
  return (await upload(IRIS, 'iris.onnx')).body.id;
}

describe('an upload', () => {
  test('of a model file is kept with its hash and tells what was found inside', async () => {
    const { status, body } = await upload(IRIS, 'iris.onnx');
    expect(status).toBe(201);
    expect(body).toMatchObject({ filename: 'iris.onnx', size_bytes: IRIS.length, files: 1, state: 'ready' });
    const detail = await api.call('GET', `/uploads/${body.id}?detect=true`);
    expect(detail.body).toMatchObject({ detected: { format: 'onnx', servable: true, entry: 'iris.onnx' } });
    expect((await api.call('GET', `/uploads/${body.id}`)).body.detected).toBeNull();
  });

  test('of an archive is unpacked, and refused whole when it leads outside', async () => {
    const good = pack();
    good.entry({ name: 'model/iris.onnx' }, IRIS);
    good.finalize();
    const { body } = await upload(gzipSync(await buffer(good)), 'model.tar.gz');
    expect(body).toMatchObject({ files: 1, state: 'ready' });
    const evil = pack();
    evil.entry({ name: '../outside' }, 'x');
    evil.finalize();
    const refused = await upload(await buffer(evil), 'evil.tar');
    expect(refused).toMatchObject({ status: 422, body: { code: 'upload.archive_refused' } });
    expect(existsSync(join(api.dataDir.uploads, '..', 'outside'))).toBe(false);
  });

  test('needs no content type, and one over the limit is refused before it is read', async () => {
    const headers = { authorization: `Bearer ${api.apiKey}` };
    const plain = await fetch(`${api.apiUrl}/uploads`, { method: 'POST', headers, body: new Uint8Array([1, 2, 3]) });
    expect(await plain.json()).toMatchObject({ size_bytes: 3, filename: 'upload.bin' });
    const tus = { 'tus-resumable': '1.0.0', 'upload-metadata': `filename ${btoa('big.onnx')}` };
    const announced = { ...headers, ...tus, 'upload-length': String(2 ** 40) };
    const large = await fetch(`${api.apiUrl}/uploads/tus`, { method: 'POST', headers: announced });
    expect([413, 507]).toContain(large.status);
  });

  test('that nobody needs is removed', async () => {
    const id = await uploadIris();
    expect((await api.call('DELETE', `/uploads/${id}`)).status).toBe(204);
    expect((await api.call('GET', `/uploads/${id}`)).body.code).toBe('upload.not_found');
  });

  test('sent again under the same idempotency key is the same upload, however many are sent at once', async () => {
    const send = (bytes: Uint8Array, filename = 'once.onnx', query = '') =>
      upload(bytes, filename, query, { 'idempotency-key': 'upload-once' });
    const rows = () => api.database.orm.all("select id from uploads where filename = 'once.onnx'");
    const folders = readdirSync(api.dataDir.uploads).length;
    const answers = await Promise.all([send(IRIS), send(IRIS), send(IRIS)]);
    const ids = new Set(answers.map(({ status, body }) => `${status} ${body.id}`));
    expect([...ids]).toEqual([`201 ${answers[0]!.body.id}`]);
    expect(await send(IRIS)).toEqual(answers[0]);
    const others = [
      await send(IRIS.subarray(1)),
      await send(IRIS, 'other.onnx'),
      await send(IRIS, 'once.onnx', '&unpack=false'),
    ];
    for (const other of others) {
      expect(other).toMatchObject({ status: 422, body: { code: 'request.idempotency_key_reused' } });
    }
    expect(rows()).toHaveLength(1);
    expect(readdirSync(api.dataDir.uploads)).toHaveLength(folders + 1);
  });

  test('that failed under an idempotency key may be sent again under it', async () => {
    const once = { 'idempotency-key': 'upload-after-failure' };
    const evil = pack();
    evil.entry({ name: '../outside' }, 'x');
    evil.finalize();
    expect((await upload(await buffer(evil), 'evil.tar', '', once)).status).toBe(422);
    expect(await upload(IRIS, 'iris.onnx', '', once)).toMatchObject({ status: 201, body: { state: 'ready' } });
  });

  test("by tus goes on where it stopped, under the API's own authentication", async () => {
    const headers = { authorization: `Bearer ${api.apiKey}`, 'tus-resumable': '1.0.0' };
    const metadata = `filename ${Buffer.from('iris.onnx').toString('base64')}`;
    const made = await fetch(`${api.apiUrl}/uploads/tus`, {
      method: 'POST',
      headers: { ...headers, 'upload-length': String(IRIS.length), 'upload-metadata': metadata },
    });
    expect(made.status).toBe(201);
    const location = new URL(made.headers.get('location') ?? '', api.apiUrl).href;
    expect(location).toMatch(/\/api\/v1\/uploads\/tus\/\w+$/);
    const patch = (offset: number, end: number) =>
      fetch(location, {
        method: 'PATCH',
        headers: { ...headers, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) },
        body: Buffer.from(IRIS.subarray(offset, end)),
      });
    expect((await patch(0, 100)).status).toBe(204);
    const head = await fetch(location, { method: 'HEAD', headers });
    expect(head.headers.get('upload-offset')).toBe('100');
    expect(head.headers.get('x-request-id')).toMatch(/^req_/);
    expect((await patch(100, IRIS.length)).status).toBe(204);
    const id = location.split('/').at(-1);
    expect((await api.call('GET', `/uploads/${id}`)).body).toMatchObject({ state: 'ready', files: 1 });
    const anonymous = await fetch(location, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
    expect(anonymous.status).toBe(401);
  });
});

describe('a model', () => {
  test('is registered from an upload, numbered, described, and its files are the ones that were sent', async () => {
    const path = `upload:${await uploadIris()}`;
    const made = await api.call('POST', '/models/flowers/versions', { path, description: 'first', tags: { a: 'b' } });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/api/v1/models/flowers/versions/1');
    expect(made.body).toMatchObject({
      name: 'flowers',
      version: '1',
      type: 'onnx_model',
      size_bytes: IRIS.length,
      used_by: [],
      detected: { format: 'onnx', servable: true, inputs: [expect.objectContaining({ datatype: 'FP32' })] },
    });
    const next = await api.call('POST', '/models/flowers/versions', { path });
    expect(next.body.version).toBe('2');
    const list = await api.call('GET', '/models/flowers/versions?limit=1');
    expect(list.body.items[0].version).toBe('2');
    const rest = await api.call('GET', `/models/flowers/versions?limit=1&cursor=${list.body.next_cursor}`);
    expect(rest.body).toMatchObject({ items: [{ version: '1' }], next_cursor: null });
    expect((await api.call('GET', '/models/flowers')).body).toMatchObject({ latest_version: '2', version_count: 2 });
    expect(await downloadFiles('flowers', '1')).toEqual(new Map([['iris.onnx', IRIS]]));
  });

  test('one file can be looked at from its beginning, and none beside it', async () => {
    await api.call('PUT', '/models/looked/versions/1', { path: `upload:${await uploadIris()}` });
    const look = (query: string) =>
      fetch(`${api.apiUrl}/models/looked/versions/1/file?${query}`, {
        headers: { authorization: `Bearer ${api.apiKey}` },
      });
    const whole = await look('path=iris.onnx');
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(IRIS);
    expect(whole.headers.get('content-disposition')).toBe('attachment');
    expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
    const part = await look('path=iris.onnx&first_bytes=10');
    expect(Buffer.from(await part.arrayBuffer())).toEqual(IRIS.subarray(0, 10));
    for (const path of ['other.onnx', '../1/iris.onnx', '/etc/passwd', '']) {
      expect((await look(`path=${encodeURIComponent(path)}`)).status).toBe(422);
    }
  });

  test('version takes an integer in and gives a string out, and never changes', async () => {
    const path = `upload:${await uploadIris()}`;
    const put = (body: unknown) => api.call('PUT', '/models/fixed/versions/7', body);
    expect(await put({ path, version: 7 })).toMatchObject({ status: 201, body: { version: '7' } });
    expect(await put({ path, description: 'words may change' })).toMatchObject({
      status: 200,
      body: { description: 'words may change', revision: 2 },
    });
    expect(await put({ path: `upload:${await uploadIris()}` })).toMatchObject({
      status: 409,
      body: { code: 'model.version_exists' },
    });
    const { body } = await api.call('GET', '/models/fixed/versions/7');
    expect((await put(body)).status).toBe(200);
  });

  test('is numbered after the highest number that was chosen, and a number is never given twice', async () => {
    const path = `upload:${await uploadIris()}`;
    const post = async () => (await api.call('POST', '/models/counted/versions', { path })).body.version;
    expect(await post()).toBe('1');
    await api.call('PUT', '/models/counted/versions/7', { path });
    await api.call('PUT', '/models/counted/versions/3', { path });
    await api.call('PUT', '/models/counted/versions/rc-1', { path });
    expect(await post()).toBe('8');
    expect((await api.call('DELETE', '/models/counted/versions/8')).status).toBe(204);
    expect(await post()).toBe('9');
  });

  test('is patched in its words only', async () => {
    await api.call('POST', '/models', { name: 'words', path: 'sample:iris-1', tags: { a: '1', b: '2' } });
    const path = '/models/words/versions/1';
    const { revision } = (await api.call('GET', path)).body;
    const patched = await api.call('PATCH', path, { tags: { a: null }, stage: 'Production' });
    expect(patched.body).toMatchObject({ tags: { b: '2' }, stage: 'Production', revision: revision + 1 });
    expect((await api.call('PATCH', path, { stage: null })).body.stage).toBeNull();
    expect(await api.call('PATCH', path, { path: 'sample:iris-2' })).toMatchObject({
      status: 422,
      body: { code: 'request.unknown_field' },
    });
    expect((await api.call('PATCH', path, { stage: 'x' }, { 'if-match': `"${revision}"` })).status).toBe(412);
    expect((await api.call('PATCH', '/models/words', { description: 'new' })).body.description).toBe('new');
  });

  test('written twice by PUT from the same path is registered once', async () => {
    const put = () => api.call('PUT', '/models/once', { path: 'sample:iris-1', description: 'x' });
    expect(await put()).toMatchObject({ status: 201, body: { version_count: 1, description: 'x' } });
    expect(await put()).toMatchObject({ status: 200, body: { version_count: 1 } });
    expect(await api.call('PUT', '/models/nobody', { description: 'x' })).toMatchObject({ status: 404 });
  });

  test('from a file of the host is read only inside the allowed folders', async () => {
    const folder = join(OPERATORS_FOLDER, 'own');
    mkdirSync(folder);
    writeFileSync(join(folder, 'iris.onnx'), IRIS);
    const post = (path: string) => api.call('POST', '/models', { name: 'from-file', path });
    expect(await post(`file:${folder}`)).toMatchObject({ status: 201, body: { detected: { entry: 'own/iris.onnx' } } });
    for (const path of ['file:/etc/passwd', `file:${folder}/../../../etc/passwd`, 'nonsense']) {
      expect(await post(path)).toMatchObject({ status: 422, body: { code: 'model.path_not_allowed' } });
    }
  });

  test('that is one archive is unpacked where its properties say so', async () => {
    const archive = pack();
    archive.entry({ name: 'model/iris.onnx' }, IRIS);
    archive.finalize();
    writeFileSync(join(OPERATORS_FOLDER, 'iris.tar.gz'), gzipSync(await buffer(archive)));
    const path = `file:${OPERATORS_FOLDER}/iris.tar.gz`;
    const packed = await api.call('POST', '/models', { name: 'packed', path });
    expect(packed.body).toMatchObject({ type: 'custom_model', files: [{ path: 'iris.tar.gz' }] });
    const properties = { 'azureml.unpack': 'True' };
    const unpacked = await api.call('POST', '/models', { name: 'unpacked', path, properties });
    expect(unpacked.body).toMatchObject({ type: 'onnx_model', files: [{ path: 'model/iris.onnx' }], properties });
    expect(readdirSync(api.dataDir.imports)).toEqual([]);
  });

  test('whose registration fails leaves nothing behind', async () => {
    const refused = await api.call('POST', '/models', { name: 'failed', path: 'sample:iris-1', type: 'triton_model' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'model.format_unknown', errors: [{ path: '/type' }] } });
    expect((await api.call('GET', '/models/failed')).body.code).toBe('model.not_found');
    expect(existsSync(join(api.dataDir.models, 'failed', '1'))).toBe(false);
  });

  test.each(['upload:nobody', 'upload:../nobody', 'sample:nobody'])(
    'of %s is refused with the field and what to do, wherever a body names it',
    async (path) => {
      const refusal = (field: string) => ({
        status: 422,
        body: { code: 'request.invalid', errors: [{ path: field }] },
      });
      await api.call('PUT', '/endpoints/dangling', {});
      const answers = [
        [await api.call('POST', '/models', { name: 'dangling', path }), '/path'],
        [await api.call('POST', '/models/dangling/versions', { path }), '/path'],
        [await api.call('PUT', '/models/dangling', { path }), '/path'],
        [await api.call('PUT', '/models/dangling/versions/1', { path }), '/path'],
        [await api.call('PUT', '/endpoints/dangling/deployments/blue', { model: { path } }), '/model/path'],
      ] as const;
      for (const [answer, field] of answers) {
        expect(answer).toMatchObject(refusal(field));
        expect(answer.body.detail).toMatch(/send it again|GET \/samples/);
      }
      expect((await api.call('GET', '/models/dangling')).status).toBe(404);
    },
  );

  test('that a deployment uses names its users and is not deleted; afterwards its files go too', async () => {
    await api.call('POST', '/models', { name: 'used', path: 'sample:iris-1' });
    await api.call('PUT', '/endpoints/user', {});
    const put = await api.call('PUT', '/endpoints/user/deployments/blue', { model: 'used:1' });
    await api.ended(put.body.id);
    const usedBy = ['/endpoints/user/deployments/blue'];
    expect((await api.call('GET', '/models/used/versions/1')).body.used_by).toEqual(usedBy);
    for (const path of ['/models/used', '/models/used/versions/1']) {
      expect(await api.call('DELETE', path)).toMatchObject({
        status: 409,
        body: { code: 'model.in_use', details: { used_by: usedBy } },
      });
    }
    await api.ended((await api.call('DELETE', '/endpoints/user')).body.id);
    expect((await api.call('DELETE', '/models/used/versions/1')).status).toBe(204);
    expect(existsSync(join(api.dataDir.models, 'used', '1'))).toBe(false);
    expect((await api.call('DELETE', '/models/used')).status).toBe(204);
    expect((await api.call('DELETE', '/models/used')).status).toBe(404);
  });

  test('given inline is registered once under a name of its own and left out of the list', async () => {
    await api.call('PUT', '/endpoints/inline', {});
    const path = `upload:${await uploadIris()}`;
    const put = () => api.call('PUT', '/endpoints/inline/deployments/blue', { model: { path } });
    await api.ended((await put()).body.id);
    await api.ended((await put()).body.id);
    const { model } = (await api.call('GET', '/endpoints/inline/deployments/blue')).body;
    expect(model).toMatch(/^azureml:anonymous-[0-9a-f]{12}:1$/);
    const names = (await api.call('GET', '/models')).body.items.map((item: { name: string }) => item.name);
    expect(names.some((name: string) => name.startsWith('anonymous'))).toBe(false);
    const patched = await api.call('PATCH', '/endpoints/inline/deployments/blue', {
      model: { name: 'named', path: 'sample:iris-2' },
    });
    await api.ended(patched.body.id);
    expect((await api.call('GET', '/endpoints/inline/deployments/blue')).body.model).toBe('azureml:named:1');
  });

  test('that many register at once gets as many versions', async () => {
    const post = () => api.call('POST', '/models', { name: 'crowd', path: 'sample:iris-1' });
    const answers = await Promise.all(Array.from({ length: 5 }, post));
    expect(answers.map(({ body }) => body.version).toSorted()).toEqual(['1', '2', '3', '4', '5']);
  });

  test('posted again under the same idempotency key is the same version', async () => {
    const post = (body: unknown) => api.call('POST', '/models', body, { 'idempotency-key': 'register-once' });
    const body = { name: 'idempotent', path: 'sample:iris-1' };
    const [first, second] = await Promise.all([post(body), post(body)]);
    expect(second.body).toEqual(first.body);
    expect((await api.call('GET', '/models/idempotent')).body.version_count).toBe(1);
    expect(await post({ ...body, description: 'other' })).toMatchObject({
      status: 422,
      body: { code: 'request.idempotency_key_reused' },
    });
  });
});

test('the bundled samples can be registered by their paths', async () => {
  const { body } = await api.call('GET', '/samples');
  expect(body.items.map((item: { id: string }) => item.id)).toContain('iris');
  for (const item of body.items) {
    for (const version of item.versions) {
      const made = await api.call('POST', '/models', { name: item.model_name, path: version.path });
      expect(made.body.detected).toMatchObject({ servable: true });
      expect(version).toMatchObject({ detected: made.body.detected, size_bytes: made.body.size_bytes });
    }
  }
});

async function downloadFiles(model: string, version: string): Promise<Map<string, Buffer>> {
  const headers = { authorization: `Bearer ${api.apiKey}` };
  const response = await fetch(`${api.apiUrl}/models/${model}/versions/${version}/download`, { headers });
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${model}-${version}.tar"`);
  const files = new Map<string, Buffer>();
  const reader = extract();
  reader.end(Buffer.from(await response.arrayBuffer()));
  for await (const entry of reader) files.set(entry.header.name, await buffer(entry));
  return files;
}
