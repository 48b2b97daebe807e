import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import type { UploadRecord } from '#server/domain/upload.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { TAR_END, tarHeader } from './archive-fixture.ts';
import { DEFAULT_ARCHIVE_LIMITS } from './archive-refusal.ts';
import { createUploads } from './uploads.ts';

const MIB = 1024 ** 2;
const SIZE = 256 * MIB;
/** Far below the upload, far above what buffers, hashes and the runtime's own noise take. */
const BOUND = 96 * MIB;

const root = mkdtempSync(join(tmpdir(), 'viridian-memory-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Zeros in pieces, noting the most memory that was ever held. */
async function* zeros(size: number, note: () => void) {
  const chunk = Buffer.alloc(256 * 1024);
  for (let sent = 0; sent < size; sent += chunk.length) {
    note();
    yield chunk;
  }
}

test.each([
  ['a plain file', 'weights.bin'],
  ['an archive', 'model.tar.gz'],
])('the memory that %s takes does not grow with its size', async (_, filename) => {
  const rows = new Map<string, UploadRecord>();
  const folder = join(root, filename);
  mkdirSync(folder);
  const uploads = createUploads({
    folder,
    clock: systemClock,
    store: {
      find: async (id) => rows.get(id) ?? null,
      save: async (upload) => void rows.set(upload.id, upload),
      delete: async (id) => void rows.delete(id),
      listExpired: async () => [],
    },
    detect: () => Promise.reject(new Error('not asked for')),
    limits: { reserveBytes: 0, archive: { ...DEFAULT_ARCHIVE_LIMITS, maxRatio: 1e6 } },
  });
  const start = process.memoryUsage();
  let peak = 0;
  const note = (): void => {
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    peak = Math.max(peak, arrayBuffers + heapUsed - start.arrayBuffers - start.heapUsed);
  };
  async function* tar() {
    yield tarHeader({ name: 'm/zeros', size: SIZE });
    yield* zeros(SIZE, note);
    yield TAR_END;
  }
  const body = filename.endsWith('.gz')
    ? Readable.from(tar()).pipe(createGzip({ level: 1 }))
    : Readable.from(zeros(SIZE, note));
  const timer = setInterval(note, 20);
  const upload = await uploads.receiveOneShot({ filename, unpack: true, sizeBytes: null }, body);
  clearInterval(timer);
  const { files } = await uploads.openForModel(upload.id);
  expect(files[0]!.size_bytes).toBe(SIZE);
  expect(peak).toBeLessThan(BOUND);
  await uploads.remove(upload.id);
});
