import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FileServer, startFileServer } from '#server/models/remote/file-server-fixture.ts';
import { openDatabase } from '#server/store/database.ts';
import { insertRegistration } from '#server/store/operation-store.ts';
import { createTestStack, type TestStackOptions } from '#server/testing/create-test-stack.ts';
import { createTestAuthority } from '#server/tls/certificate-fixture.ts';
import { eventually } from '#server/testing/eventually.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

const IRIS = readFileSync(join(import.meta.dirname, '..', '..', 'samples', 'iris', 'v1', 'model', 'iris.onnx'));

let api: TestApi;
let server: FileServer;
beforeAll(async () => {
  server = await startFileServer();
  api = await startTestApi({ VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8', VIRIDIAN_UPLOAD_MAX_MIB: '1' });
});
afterAll(async () => {
  await api.stop();
  await server.stop();
});
beforeEach(() => {
  server.files.clear();
  server.requests.length = 0;
  server.answer = (_request, response) => void response.writeHead(404).end();
});

let count = 0;
const newName = (): string => `remote-${(count += 1)}`;

async function begin(path: string, name = newName(), more = {}) {
  const answer = await api.call('POST', '/models', { name, path, ...more });
  return { name, answer };
}

async function fetchedAs(path: string, name?: string) {
  const begun = await begin(path, name);
  expect(begun.answer.status).toBe(202);
  return { ...begun, operation: await api.ended(begun.answer.body.id) };
}

/** Nothing of a registration that failed may be left anywhere. */
async function expectNothingLeft(name: string): Promise<void> {
  expect((await api.call('GET', `/models/${name}`)).status).toBe(404);
  expect(readdirSync(api.dataDir.models)).not.toContain(name);
  await expectNothingOnTheWay(api.dataDir.imports);
}

const expectNothingOnTheWay = (folder: string) =>
  eventually(async () => readdirSync(folder).length === 0 || null, 'an empty folder of imports');

describe('a model at a web address', () => {
  test('becomes a version while an operation says how far it is', async () => {
    server.files.set('/iris.onnx', { bytes: IRIS });
    const { name, answer } = await begin(`${server.url}/iris.onnx`, undefined, {
      tags: { from: 'web' },
      stage: 'Staging',
    });
    expect(answer).toMatchObject({ status: 202, body: { kind: 'model.register', status: 'running' } });
    expect(answer.headers.get('location')).toBe(`/api/v1/operations/${answer.body.id}`);
    const operation = await api.ended(answer.body.id);
    expect(operation).toMatchObject({ status: 'succeeded', error: null, resource: `/models/${name}/versions/1` });
    expect(operation.stages.map((stage: { name: string; status: string }) => `${stage.name}: ${stage.status}`)).toEqual(
      ['Find the files: succeeded', 'Fetch the files: succeeded', 'Store the version: succeeded'],
    );
    const { body } = await api.call('GET', `/models/${name}/versions/1`);
    expect(body).toMatchObject({
      type: 'onnx_model',
      path: `${server.url}/iris.onnx`,
      tags: { from: 'web' },
      stage: 'Staging',
      size_bytes: IRIS.length,
      detected: { servable: true, entry: 'iris.onnx' },
    });
    await expectNothingOnTheWay(api.dataDir.imports);
  });

  test('that is an archive is unpacked, under the name that the server gives it', async () => {
    const archive = pack();
    archive.entry({ name: 'model/iris.onnx' }, IRIS);
    archive.finalize();
    const headers = { 'content-disposition': 'attachment; filename="model.tar.gz"' };
    server.files.set('/download', { bytes: gzipSync(await buffer(archive)), headers });
    const { name, operation } = await fetchedAs(`${server.url}/download`);
    expect(operation.status).toBe('succeeded');
    const { body } = await api.call('GET', `/models/${name}/versions/1`);
    expect(body.files.map((file: { path: string }) => file.path)).toEqual(['model/iris.onnx']);
  });

  test('goes on where a broken connection stopped, and never mixes two files', async () => {
    const bytes = randomBytes(900_000);
    server.files.set('/weights.bin', { bytes, breaks: [400_000, 300_000] });
    const resumed = await fetchedAs(`${server.url}/weights.bin`);
    expect(resumed.operation.status).toBe('succeeded');
    expect(server.requests.map(({ range }) => range?.startsWith('bytes=') ?? false)).toEqual([false, true, true]);
    server.files.set('/weights.bin', { bytes, breaks: [400_000], etag: 'W/"weak"' });
    server.requests.length = 0;
    const again = await fetchedAs(`${server.url}/weights.bin`);
    expect(again.operation.status).toBe('succeeded');
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, undefined]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    for (const { name } of [resumed, again]) {
      const { body } = await api.call('GET', `/models/${name}/versions/1`);
      expect(body.files).toEqual([{ path: 'weights.bin', size_bytes: bytes.length, sha256 }]);
    }
  });

  test('is written twice and fetched once', async () => {
    server.files.set('/iris.onnx', { bytes: IRIS });
    const name = newName();
    const put = () =>
      api.call('PUT', `/models/${name}/versions/7`, { path: `${server.url}/iris.onnx`, description: 'seven' });
    const first = await put();
    expect(first.status).toBe(202);
    await api.ended(first.body.id);
    expect(await put()).toMatchObject({ status: 200, body: { version: '7', description: 'seven' } });
    expect(server.requests).toHaveLength(1);
  });

  test('comes with the words about its model by PUT', async () => {
    server.files.set('/iris.onnx', { bytes: IRIS });
    const name = newName();
    const put = (description: string) =>
      api.call('PUT', `/models/${name}`, { path: `${server.url}/iris.onnx`, description, tags: { team: 'web' } });
    const first = await put('first');
    expect(first).toMatchObject({ status: 202, body: { kind: 'model.register' } });
    expect((await api.ended(first.body.id)).status).toBe('succeeded');
    const model = { description: 'first', tags: { team: 'web' }, version_count: 1, archived_version_count: 0 };
    expect((await api.call('GET', `/models/${name}`)).body).toMatchObject(model);
    expect(await put('second')).toMatchObject({ status: 200, body: { ...model, description: 'second' } });
    await api.call('PATCH', `/models/${name}/versions/1`, { stage: 'Archived' });
    expect((await api.call('GET', `/models/${name}`)).body.archived_version_count).toBe(1);
  });

  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://0xA9FEA9FE/latest',
    'http://2852039166/latest',
    'http://0251.0376.0251.0376/latest',
    'http://[::ffff:169.254.169.254]/latest',
    'http://[::ffff:127.0.0.1]/model.onnx',
    'http://[fe80::1]/model.onnx',
    'http://10.0.0.1/model.onnx',
    'http://0.0.0.0/model.onnx',
    'http://[::1]/model.onnx',
  ])('%s is not reached', async (path) => {
    const { name, operation } = await fetchedAs(path);
    expect(operation).toMatchObject({ status: 'failed', error: { code: 'model.path_not_allowed' } });
    await expectNothingLeft(name);
  });

  test('follows redirects, and not out of what may be reached', async () => {
    server.files.set('/iris.onnx', { bytes: IRIS });
    const targets: Record<string, string> = {
      '/moved': '/iris.onnx',
      '/metadata': 'http://169.254.169.254/latest/meta-data/',
      '/private': 'http://10.1.2.3/model.onnx',
      '/loop': '/loop',
      '/file': 'file:///etc/passwd',
    };
    server.answer = (request, response) => {
      const location = targets[request.url ?? ''];
      response.writeHead(location === undefined ? 404 : 302, location === undefined ? {} : { location }).end();
    };
    expect((await fetchedAs(`${server.url}/moved`)).operation.status).toBe('succeeded');
    const refusals = {
      '/metadata': ['model.path_not_allowed', 'metadata service'],
      '/private': ['model.path_not_allowed', 'VIRIDIAN_EXTERNAL_ALLOW'],
      '/loop': ['model.source_unreachable', 'redirects more than 5 times'],
      '/file': ['model.source_unreachable', 'not followed'],
    };
    for (const [path, [code, words]] of Object.entries(refusals)) {
      const { name, operation } = await fetchedAs(`${server.url}${path}`);
      expect(operation).toMatchObject({
        status: 'failed',
        error: { code, detail: expect.stringContaining(words ?? '') },
      });
      await expectNothingLeft(name);
    }
  });

  test.each([
    [401, 'model.source_denied'],
    [403, 'model.source_denied'],
    [404, 'model.source_not_found'],
    [500, 'model.source_unreachable'],
  ])('that answers %i fails as %s and leaves nothing', async (status, code) => {
    server.answer = (_request, response) => void response.writeHead(status).end();
    const { name, operation } = await fetchedAs(`${server.url}/iris.onnx?signature=hush`);
    expect(operation).toMatchObject({ status: 'failed', error: { code } });
    expect(operation.error.detail).toContain(String(status));
    expect(JSON.stringify(operation)).not.toContain('hush');
    await expectNothingLeft(name);
  });

  test('that is too large, hostile, a page or nowhere fails with its cause and leaves nothing', async () => {
    server.files.set('/big.onnx', { bytes: Buffer.alloc(2 * 1024 ** 2) });
    const evil = pack();
    evil.entry({ name: '../outside' }, 'x');
    evil.finalize();
    server.files.set('/evil.tar', { bytes: await buffer(evil) });
    const page = Buffer.from('<!doctype html><title>Sign in</title>');
    server.files.set('/iris.onnx', { bytes: page, headers: { 'content-type': 'text/html; charset=utf-8' } });
    const causes = {
      [`${server.url}/iris.onnx`]: ['model.source_denied', 'web page'],
      [`${server.url}/big.onnx`]: ['request.too_large', 'VIRIDIAN_UPLOAD_MAX_MIB'],
      [`${server.url}/evil.tar`]: ['upload.archive_refused', '..'],
      'http://127.0.0.1:1/iris.onnx': ['model.source_unreachable', 'nobody listens'],
      'http://nowhere.invalid/iris.onnx': ['model.source_unreachable', 'nowhere.invalid'],
    };
    for (const [path, [code, words]] of Object.entries(causes)) {
      const { name, operation } = await fetchedAs(path);
      expect(operation).toMatchObject({
        status: 'failed',
        error: { code, detail: expect.stringContaining(words ?? '') },
      });
      await expectNothingLeft(name);
    }
  });

  test('that a deployment names inline is to be registered first, and is found once it is', async () => {
    server.files.set('/iris.onnx', { bytes: IRIS });
    const path = `${server.url}/iris.onnx`;
    await api.call('PUT', '/endpoints/inline', {});
    const name = newName();
    const put = () =>
      api.call('PUT', '/endpoints/inline/deployments/blue', { model: { name, path }, instance_type: 'cpu-1' });
    expect(await put()).toMatchObject({
      status: 422,
      body: { code: 'model.path_not_allowed', errors: [{ path: '/model/path' }] },
    });
    await fetchedAs(path, name);
    expect((await put()).status).toBe(202);
  });

  test('with a password in its address is refused before anybody is asked', async () => {
    const { answer } = await begin('http://user:hush@127.0.0.1/iris.onnx');
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/path' }] } });
    expect(JSON.stringify(answer.body)).not.toContain('hush');
  });
});

describe('a registration that is under way', () => {
  /** A server that sends the beginning and then nothing more, until the test ends. */
  function stall(): Promise<void> {
    return new Promise((resolve) => {
      server.answer = (_request, response) => {
        response.writeHead(200, { 'content-length': IRIS.length });
        response.write(IRIS.subarray(0, 64), () => resolve());
      };
    });
  }

  test('ends when it is cancelled, and leaves nothing', async () => {
    const stalled = stall();
    const { name, answer } = await begin(`${server.url}/iris.onnx`);
    await stalled;
    expect((await api.call('POST', `/operations/${answer.body.id}/cancel`, {})).status).toBe(202);
    expect((await api.ended(answer.body.id)).status).toBe('canceled');
    await eventually(async () => ((await api.call('GET', `/models/${name}`)).status === 404 ? true : null), 'its end');
    await expectNothingLeft(name);
  });

  test('waits for its turn while four others are under way, and takes it when one of them ends', async () => {
    server.answer = (_request, response) =>
      void response.writeHead(200, { 'content-length': IRIS.length }).flushHeaders();
    server.files.set('/iris.onnx', { bytes: IRIS });
    const asked = () => server.requests.filter(({ path }) => path === '/iris.onnx').length;
    const before = asked();
    const others = await Promise.all([1, 2, 3, 4].map((number) => begin(`${server.url}/slow-${number}.onnx`)));
    const { name, answer } = await begin(`${server.url}/iris.onnx`);
    const waits = async () => {
      const { body } = await api.call('GET', `/operations/${answer.body.id}`);
      return body.stages.some(({ message }: { message: string | null }) => message?.startsWith('Waits until')) || null;
    };
    await eventually(waits, 'its wait');
    expect(asked()).toBe(before);
    await api.call('POST', `/operations/${others[0]!.answer.body.id}/cancel`, {});
    expect((await api.ended(answer.body.id)).status).toBe('succeeded');
    expect((await api.call('GET', `/models/${name}`)).status).toBe(200);
    for (const other of others.slice(1)) await api.call('POST', `/operations/${other.answer.body.id}/cancel`, {});
    for (const other of others) expect((await api.ended(other.answer.body.id)).status).toBe('canceled');
  });

  test('is superseded by another of the same version', async () => {
    const stalled = stall();
    const name = newName();
    const first = await begin(`${server.url}/slow.onnx`, name, { version: '3' });
    await stalled;
    server.files.set('/iris.onnx', { bytes: IRIS });
    const second = await begin(`${server.url}/iris.onnx`, name, { version: '3' });
    expect((await api.ended(second.answer.body.id)).status).toBe('succeeded');
    expect((await api.ended(first.answer.body.id)).status).toBe('superseded');
    expect((await api.call('GET', `/models/${name}/versions/3`)).body.path).toBe(`${server.url}/iris.onnx`);
  });

  test('ends with a clear cause when the control plane stops, and one that was killed is cleared away at the next start', async () => {
    const stack = await createTestStack({ environment: { VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8' } });
    const interrupted = { status: 'failed', error: { code: 'model.import_interrupted' } };
    try {
      const stalled = stall();
      const { body } = await stack.call('POST', '/models', { name: 'stopped', path: `${server.url}/iris.onnx` });
      await stalled;
      await stack.restart();
      expect((await stack.call('GET', `/operations/${body.id}`)).body).toMatchObject(interrupted);
      const database = openDatabase(stack.dataDir.database);
      const killed = await database.transact((transaction) =>
        insertRegistration(transaction, { resource: '/models/killed/versions/1', actor: 'test' }),
      );
      database.close();
      await mkdir(join(stack.dataDir.imports, killed.id));
      await writeFile(join(stack.dataDir.imports, killed.id, 'half'), 'half');
      await stack.restart();
      expect((await stack.call('GET', `/operations/${killed.id}`)).body).toMatchObject(interrupted);
      expect((await stack.call('GET', '/models')).body.items).toEqual([]);
      expect(readdirSync(stack.dataDir.imports)).toEqual([]);
    } finally {
      await stack.stop();
    }
  });
});

describe('an installation of its own', () => {
  async function registerThere(environment: Record<string, string>, path: string, lookup?: TestStackOptions['lookup']) {
    const stack = await createTestStack({ environment, ...(lookup && { lookup }) });
    try {
      const { body } = await stack.call('POST', '/models', { name: 'there', path });
      return await stack.ended(body.id);
    } finally {
      await stack.stop();
    }
  }

  test('resolves a name once, and goes just there: a name that changes its mind leads nowhere else', async () => {
    server.files.set('/iris.onnx', { bytes: IRIS });
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    const asked: string[] = [];
    const lookup = async (host: string) => {
      asked.push(host);
      return answers.shift() ?? [];
    };
    const path = `${server.url.replace('127.0.0.1', 'models.example')}/iris.onnx`;
    const environment = { VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8' };
    expect(await registerThere(environment, path, lookup)).toMatchObject({ status: 'succeeded' });
    expect(asked).toEqual(['models.example']);
    const both = async () => ['127.0.0.1', '169.254.169.254'];
    expect(await registerThere(environment, path, both)).toMatchObject({
      status: 'failed',
      error: { code: 'model.path_not_allowed' },
    });
  });

  test('says that the disk has no room before it fetches', async () => {
    server.files.set('/iris.onnx', { bytes: IRIS });
    const environment = { VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8', VIRIDIAN_UPLOAD_RESERVE_MIB: '1048576' };
    expect(await registerThere(environment, `${server.url}/iris.onnx`)).toMatchObject({
      status: 'failed',
      error: { code: 'upload.no_space' },
    });
  });

  test('believes an authority of its own where a setting names it, and nobody else does', async () => {
    const authority = await createTestAuthority();
    const { certificatePem: cert, keyPem: key } = await authority.issue(['localhost']);
    const secure = createServer({ cert, key }, (_request, response) => response.end(IRIS));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const path = `https://localhost:${(secure.address() as AddressInfo).port}/iris.onnx`;
    const file = join(api.dataDir.root, 'authority.pem');
    await writeFile(file, authority.certificatePem);
    const environment = { VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8' };
    const lookup = async () => ['127.0.0.1'];
    try {
      expect(await registerThere(environment, path, lookup)).toMatchObject({
        status: 'failed',
        error: { code: 'model.source_unreachable', detail: expect.stringContaining('VIRIDIAN_EXTRA_CA_FILE') },
      });
      const trusting = { ...environment, VIRIDIAN_EXTRA_CA_FILE: file };
      expect(await registerThere(trusting, path, lookup)).toMatchObject({ status: 'succeeded' });
    } finally {
      secure.closeAllConnections();
      await new Promise<void>((resolve) => secure.close(() => resolve()));
    }
  });
});

test('two deployments that bring the same new model at once register one version', async () => {
  await api.call('PUT', '/endpoints/twice', {});
  const made = await fetch(`${api.apiUrl}/uploads?filename=iris.onnx`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.apiKey}` },
    body: IRIS,
  });
  const { id } = (await made.json()) as { id: string };
  const model = { name: 'brought-twice', path: `upload:${id}` };
  const put = (name: string) =>
    api.call('PUT', `/endpoints/twice/deployments/${name}`, { model, instance_type: 'cpu-1' });
  const answers = await Promise.all([put('blue'), put('green'), put('blue'), put('red')]);
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
  const versions = await api.call('GET', '/models/brought-twice/versions');
  expect(versions.body.items.map((version: { version: string }) => version.version)).toEqual(['1']);
});
