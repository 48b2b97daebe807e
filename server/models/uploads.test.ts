import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { Upload as TusUpload } from 'tus-js-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DetectedModel } from '#lib/contracts/model.ts';
import type { UploadRecord } from '#server/domain/upload.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { tgzOf } from './archive-fixture.ts';
import type { UploadStore } from './upload-store.ts';
import { createUploads, type Uploads, type UploadsOptions } from './uploads.ts';

const MIB = 1024 ** 2;
const DAY_MS = 24 * 3_600_000;

/** Keeps rows as the database does: copies, so that nobody shares an object with a later life of the process. */
function createMemoryStore(): UploadStore & { rows: Map<string, UploadRecord> } {
  const rows = new Map<string, UploadRecord>();
  return {
    rows,
    find: async (id) => structuredClone(rows.get(id) ?? null),
    save: async (upload) => void rows.set(upload.id, structuredClone(upload)),
    delete: async (id) => void rows.delete(id),
    listExpired: async (now) => structuredClone([...rows.values()].filter(({ expiresAt }) => expiresAt < now)),
  };
}

const detected: DetectedModel = {
  format: 'onnx',
  servable: true,
  reason: '',
  entry: 'model.onnx',
  inputs: [],
  outputs: [],
  sample_request: null,
  onnx: null,
  warnings: [],
};

let root: string;
let folder: string;
let store: ReturnType<typeof createMemoryStore>;
let nowMs: number;
let server: Server;
let uploads: Uploads;

/** A new life of the process: nothing in memory is taken over. */
function restart(options: Partial<UploadsOptions> = {}): void {
  const clock = { now: () => nowMs, monotonic: systemClock.monotonic };
  uploads = createUploads({ folder, store, clock, detect: async () => detected, ...options });
}

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/uploads/tus`;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'viridian-uploads-'));
  folder = join(root, 'uploads');
  mkdirSync(folder);
  store = createMemoryStore();
  nowMs = 1_800_000_000_000;
  restart();
  server = createServer((incoming, response) => void uploads.tusHandler(incoming, response, 'req_1'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true });
});

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function tus(method: string, url: string, headers: Record<string, string> = {}, body?: Uint8Array): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { 'tus-resumable': '1.0.0', ...headers } }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const metadata = (filename: string, extra = ''): string =>
  `filename ${Buffer.from(filename).toString('base64')}${extra}`;
const STREAM = 'application/offset+octet-stream';

async function create(filename: string, size: number): Promise<string> {
  const { headers, status } = await tus('POST', address(), {
    'upload-length': String(size),
    'upload-metadata': metadata(filename),
  });
  expect(status).toBe(201);
  return new URL(String(headers['location']), address()).href;
}

const patch = (url: string, offset: number, body: Uint8Array): Promise<Reply> =>
  tus('PATCH', url, { 'upload-offset': String(offset), 'content-type': STREAM }, body);

const idOf = (url: string): string => url.split('/').at(-1)!;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (size: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31) % 251));

describe('one-shot uploads', () => {
  test('a file becomes the content under its name, described with its hash', async () => {
    const upload = await uploads.receiveOneShot(
      { filename: 'C:\\models\\iris.onnx', unpack: true, sizeBytes: 5 },
      Readable.from([Buffer.from('he'), Buffer.from('llo')]),
    );
    expect(upload).toMatchObject({
      filename: 'iris.onnx',
      state: 'ready',
      files: 1,
      size_bytes: 5,
      sha256: sha256(Buffer.from('hello')),
    });
    const { folder: content, files } = await uploads.openForModel(upload.id);
    expect(files).toEqual([{ path: 'iris.onnx', size_bytes: 5, sha256: upload.sha256 }]);
    expect(readFileSync(join(content, 'iris.onnx'), 'utf8')).toBe('hello');
    expect(readdirSync(join(folder, upload.id))).toEqual(['content']);
    expect((await uploads.describe(upload.id, { detect: true })).detected).toEqual(detected);
  });

  test('an archive is unpacked, unless it is to be kept', async () => {
    const bytes = tgzOf({ name: 'iris/model.onnx', content: 'weights' });
    const unpacked = await uploads.receiveOneShot(
      { filename: 'm.tgz', unpack: true, sizeBytes: null },
      Readable.from([bytes]),
    );
    expect((await uploads.openForModel(unpacked.id)).files.map(({ path }) => path)).toEqual(['iris/model.onnx']);
    expect(unpacked).toMatchObject({ sha256: sha256(bytes), size_bytes: bytes.length, received_bytes: bytes.length });
    const kept = await uploads.receiveOneShot(
      { filename: 'm.tgz', unpack: false, sizeBytes: null },
      Readable.from([bytes]),
    );
    expect((await uploads.openForModel(kept.id)).files.map(({ path }) => path)).toEqual(['m.tgz']);
  });

  test.each([
    [
      'a hostile archive',
      { filename: 'm.tgz', body: tgzOf({ name: '../evil', content: 'x' }), size: null },
      'upload.archive_refused',
    ],
    [
      'an archive of an unsupported kind',
      { filename: 'm.7z', body: Buffer.from('7z'), size: null },
      'upload.archive_refused',
    ],
    ['a body that ends early', { filename: 'm.onnx', body: Buffer.from('abc'), size: 5 }, 'request.malformed'],
    ['a body that goes on', { filename: 'm.onnx', body: Buffer.from('abcdef'), size: 5 }, 'request.too_large'],
    ['a name that is none', { filename: '..', body: Buffer.from('abc'), size: 3 }, 'request.invalid'],
  ])('%s is refused and leaves neither file nor row', async (_, { filename, body, size }, code) => {
    const refused = uploads.receiveOneShot({ filename, unpack: true, sizeBytes: size }, Readable.from([body]));
    await expect(refused).rejects.toMatchObject({ code });
    expect(readdirSync(folder)).toEqual([]);
    expect(store.rows.size).toBe(0);
  });

  test('a sender who goes away leaves neither file nor row', async () => {
    async function* broken() {
      yield Buffer.from('abc');
      throw new Error('connection reset');
    }
    const body = Readable.from(broken());
    await expect(uploads.receiveOneShot({ filename: 'm.onnx', unpack: true, sizeBytes: 9 }, body)).rejects.toThrow(
      'reset',
    );
    expect(readdirSync(folder)).toEqual([]);
    expect(store.rows.size).toBe(0);
  });
});

describe('room on the disk', () => {
  test('an upload that does not fit beside the reserve is refused up front, saying what is missing', async () => {
    restart({ freeBytes: async () => 100 * MIB, limits: { reserveBytes: 60 * MIB } });
    const { status, body } = await tus('POST', address(), {
      'upload-length': String(41 * MIB),
      'upload-metadata': metadata('m.onnx'),
    });
    expect(status).toBe(507);
    expect(JSON.parse(body)).toMatchObject({ code: 'upload.no_space', details: { needed_bytes: 41 * MIB } });
    expect(store.rows.size).toBe(0);
    await create('m.onnx', 40 * MIB);
  });

  test('when room comes back the same upload goes on', async () => {
    let free = 1e12;
    restart({ freeBytes: async () => free, limits: { reserveBytes: 0 } });
    const url = await create('m.onnx', 10);
    free = 5;
    expect((await patch(url, 0, bytesOf(10))).status).toBe(507);
    free = 1e12;
    expect((await patch(url, 0, bytesOf(10))).status).toBe(204);
    expect((await uploads.describe(idOf(url))).state).toBe('ready');
  });

  test('an archive for whose content there is no room stays, and unpacks once there is', async () => {
    let free = 1e12;
    restart({ freeBytes: async () => free, limits: { reserveBytes: 0 } });
    const bytes = tgzOf({ name: 'm/model.onnx', content: 'weights' });
    const url = await create('m.tgz', bytes.length);
    free = bytes.length + 10;
    expect((await patch(url, 0, bytes)).status).toBe(507);
    expect((await uploads.describe(idOf(url))).received_bytes).toBe(bytes.length);
    free = 1e12;
    expect((await patch(url, bytes.length, Buffer.alloc(0))).status).toBe(204);
    expect((await uploads.describe(idOf(url))).state).toBe('ready');
  });
});

describe('resumable uploads', () => {
  test('a common client uploads in chunks; the id is the last segment of the URL', async () => {
    const bytes = bytesOf(300_000);
    const url = await new Promise<string>((resolve, reject) => {
      const upload = new TusUpload(bytes, {
        endpoint: address(),
        chunkSize: 64 * 1024,
        metadata: { filename: 'model.onnx', unpack: 'true' },
        onSuccess: () => resolve(upload.url!),
        onError: reject,
      });
      upload.start();
    });
    expect(await uploads.describe(idOf(url))).toMatchObject({
      state: 'ready',
      size_bytes: 300_000,
      sha256: sha256(bytes),
    });
  });

  test('the server says what it speaks, and what it does not', async () => {
    const options = await tus('OPTIONS', address());
    expect(options).toMatchObject({ status: 204, headers: { 'tus-version': '1.0.0' } });
    expect(options.headers['tus-extension']).toContain('creation');
    expect((await tus('POST', address(), { 'tus-resumable': '0.2.0' })).status).toBe(412);
    expect((await tus('POST', address(), { 'upload-length': 'x', 'upload-metadata': metadata('a') })).status).toBe(400);
    expect((await tus('HEAD', `${address()}/upl_nothing`)).status).toBe(404);
    expect((await tus('HEAD', `${address()}/..%2fevil`)).status).toBe(404);
    expect((await tus('PUT', `${address()}/upl_nothing`)).status).toBe(405);
  });

  test('an upload without metadata has the name of one without a filename', async () => {
    const { status, headers } = await tus('POST', address(), { 'upload-length': '5' });
    expect(status).toBe(201);
    expect(await uploads.describe(idOf(String(headers['location'])))).toMatchObject({ filename: 'upload.bin' });
  });

  test('bytes at another offset are refused with 409 and change nothing', async () => {
    const url = await create('m.onnx', 10);
    expect((await patch(url, 0, bytesOf(4))).headers['upload-offset']).toBe('4');
    for (const offset of [0, 3, 5]) {
      const { status, body } = await patch(url, offset, bytesOf(2));
      expect(status).toBe(409);
      expect(JSON.parse(body)).toMatchObject({ code: 'upload.offset_mismatch', details: { upload_offset: 4 } });
    }
    expect((await tus('HEAD', url)).headers['upload-offset']).toBe('4');
  });

  test('more bytes than announced are refused', async () => {
    const url = await create('m.onnx', 10);
    expect((await patch(url, 0, bytesOf(11))).status).toBe(413);
  });

  test('a restart in the middle resumes at the acknowledged byte, whatever else the file holds', async () => {
    const bytes = bytesOf(1000);
    const url = await create('m.onnx', 1000);
    await patch(url, 0, bytes.subarray(0, 400));
    appendFileSync(join(folder, idOf(url), 'data'), 'never acknowledged');
    restart();
    expect((await tus('HEAD', url)).headers['upload-offset']).toBe('400');
    expect((await patch(url, 400, bytes.subarray(400))).status).toBe(204);
    expect(await uploads.describe(idOf(url))).toMatchObject({ state: 'ready', sha256: sha256(bytes) });
  });

  test('however the bytes are cut up, and wherever the process ends between, the same file comes out', async () => {
    const bytes = bytesOf(5000);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(5000), fc.boolean()), { maxLength: 6 }), async (cuts) => {
        const url = await create('m.onnx', bytes.length);
        let offset = 0;
        for (const [cut, dies] of [...cuts, [5000, false] as const].toSorted(([a], [b]) => a - b)) {
          const reply = await patch(url, offset, bytes.subarray(offset, cut));
          expect([reply.status, reply.headers['upload-offset']]).toEqual([204, String(cut)]);
          offset = cut;
          if (dies) restart();
        }
        expect(await uploads.describe(idOf(url))).toMatchObject({ state: 'ready', sha256: sha256(bytes) });
      }),
      { numRuns: 30 },
    );
  });

  test('a restart between the last byte and the unpacking finishes the upload when somebody looks', async () => {
    const bytes = tgzOf({ name: 'm/model.onnx', content: 'weights' });
    const url = await create('m.tgz', bytes.length);
    restart({ freeBytes: async () => bytes.length, limits: { reserveBytes: 0 } });
    await patch(url, 0, bytes);
    restart();
    const head = await tus('HEAD', url);
    expect(head).toMatchObject({ status: 200, headers: { 'upload-offset': String(bytes.length) } });
    expect((await uploads.describe(idOf(url))).state).toBe('ready');
  });

  test('a connection that breaks keeps what arrived; the client comes back on another', async () => {
    const bytes = bytesOf(200_000);
    const url = await create('m.onnx', bytes.length);
    const outgoing = request(url, {
      method: 'PATCH',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-offset': '0',
        'content-type': STREAM,
        'content-length': bytes.length,
      },
    });
    outgoing.on('error', () => undefined);
    await new Promise((resolve) => outgoing.write(bytes.subarray(0, 100_000), resolve));
    const data = join(folder, idOf(url), 'data');
    await expect.poll(() => statSync(data).size).toBe(100_000);
    // The first connection is still open: the second one takes over.
    const head = await tus('HEAD', url);
    expect(head.headers['upload-offset']).toBe('100000');
    expect((await patch(url, 100_000, bytes.subarray(100_000))).status).toBe(204);
    expect((await uploads.describe(idOf(url))).sha256).toBe(sha256(bytes));
    outgoing.destroy();
  });

  test('a refused archive is reported by the final PATCH as 422 and stays refused', async () => {
    const bytes = tgzOf({ name: 'm/evil', type: '2', linkname: '/etc/passwd' });
    const url = await create('m.tgz', bytes.length);
    const { status, headers, body } = await patch(url, 0, bytes);
    expect(status).toBe(422);
    expect(headers['content-type']).toBe('application/problem+json');
    const problem = JSON.parse(body) as { detail: string };
    expect(problem).toMatchObject({ code: 'upload.archive_refused', details: { entry: 'm/evil' } });
    expect(readdirSync(join(folder, idOf(url)))).toEqual(['refusal.txt']);
    restart();
    expect((await tus('HEAD', url)).status).toBe(422);
    const described = await uploads.describe(idOf(url), { detect: true });
    expect(described).toMatchObject({ state: 'refused', detected: { reason: problem.detail } });
    await expect(uploads.openForModel(idOf(url))).rejects.toMatchObject({
      code: 'upload.archive_refused',
      message: problem.detail,
    });
  });

  test('an incomplete upload cannot become a model', async () => {
    const url = await create('m.onnx', 10);
    await expect(uploads.openForModel(idOf(url))).rejects.toMatchObject({ code: 'upload.in_use' });
  });

  test('creation with the bytes in the same request, and empty files, are complete at once', async () => {
    const whole = await tus(
      'POST',
      address(),
      { 'upload-length': '3', 'upload-metadata': metadata('a.txt'), 'content-type': STREAM },
      Buffer.from('abc'),
    );
    expect(whole).toMatchObject({ status: 201, headers: { 'upload-offset': '3' } });
    const url = await create('empty.txt', 0);
    expect((await uploads.describe(idOf(url))).sha256).toBe(sha256(Buffer.alloc(0)));
  });

  test('termination removes files and row', async () => {
    const url = await create('m.onnx', 10);
    expect((await tus('DELETE', url)).status).toBe(204);
    expect((await tus('HEAD', url)).status).toBe(404);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('expiry', () => {
  test('what nobody touched for 24 h goes, what is younger stays, and orphans go with it', async () => {
    const old = await create('old.onnx', 10);
    mkdirSync(join(folder, 'upl_orphan'));
    utimesSync(join(folder, 'upl_orphan'), nowMs / 1000, nowMs / 1000);
    nowMs += DAY_MS - 1;
    const young = await create('young.onnx', 10);
    expect(await uploads.collectExpired()).toBe(0);
    nowMs += 2;
    expect(await uploads.collectExpired()).toBe(2);
    expect(existsSync(join(folder, idOf(old)))).toBe(false);
    expect(readdirSync(folder)).toEqual([idOf(young)]);
    expect([...store.rows.keys()]).toEqual([idOf(young)]);
  });
});
