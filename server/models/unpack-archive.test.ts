import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { afterAll, describe, expect, test } from 'vitest';
import { AppError } from '#server/kernel/app-error.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { paxEntry, tarEntry, tarHeader, tarOf, TAR_END, tgzOf, zipOf } from './archive-fixture.ts';
import { DEFAULT_ARCHIVE_LIMITS, type ArchiveLimits } from './archive-refusal.ts';
import { DiskRoom } from './disk-room.ts';
import { unpackArchive } from './unpack-archive.ts';
import type { ArchiveKind } from './walk-archive.ts';
import { walkTar } from './walk-tar.ts';

const root = mkdtempSync(join(tmpdir(), 'viridian-unpack-'));
afterAll(() => rmSync(root, { recursive: true }));

const MIB = 1024 ** 2;
const plenty = new DiskRoom(async () => 1e15, 0);
let serial = 0;

/** Unpacks bytes in a fresh folder and answers the files, or the refusal; after a refusal nothing may be left. */
async function unpack(kind: ArchiveKind, bytes: Uint8Array, limits: Partial<ArchiveLimits> = {}, room = plenty) {
  serial += 1;
  const [path, into] = [join(root, `${serial}.archive`), join(root, `${serial}`)];
  writeFileSync(path, bytes);
  const all = { ...DEFAULT_ARCHIVE_LIMITS, ...limits };
  const outcome = await unpackArchive({ path, kind, into, limits: all, room, clock: systemClock }).catch(
    (error: unknown) => error as AppError,
  );
  if (Array.isArray(outcome)) return { files: outcome, into, refused: null };
  const left = readdirSync(root).filter((name) => !/^\d+(\.archive)?$/.test(name));
  if (!(outcome instanceof AppError) || existsSync(into) || left.length > 0)
    throw new Error('A refused archive must leave nothing and say why.', { cause: outcome });
  return { files: [], into, refused: outcome };
}

async function refusal(kind: ArchiveKind, bytes: Uint8Array, limits: Partial<ArchiveLimits> = {}): Promise<string> {
  const { refused } = await unpack(kind, bytes, limits);
  expect(refused?.code).toBe('upload.archive_refused');
  return refused!.message;
}

describe('honest archives', () => {
  test('a folder is kept as the one top entry, with hashes of every file', async () => {
    const entries = [
      { name: 'iris/', type: '5' },
      { name: 'iris/model.onnx', content: 'weights' },
      { name: './iris/conf/./a.json', content: '{}' },
    ];
    const zipped = [
      { name: 'iris/' },
      { name: 'iris/model.onnx', content: 'weights' },
      { name: 'iris/conf/a.json', content: '{}' },
    ];
    for (const [kind, bytes] of [
      ['tar', tarOf(...entries)],
      ['tar.gz', tgzOf(...entries)],
      ['zip', zipOf(...zipped)],
    ] as const) {
      const { files, into } = await unpack(kind, bytes);
      expect(files.map(({ path, size_bytes }) => [path, size_bytes])).toEqual([
        ['iris/conf/a.json', 2],
        ['iris/model.onnx', 7],
      ]);
      expect(files[1]!.sha256).toBe(createHash('sha256').update('weights').digest('hex'));
      expect(readFileSync(join(into, 'iris/model.onnx'), 'utf8')).toBe('weights');
    }
  });

  test('archives that another implementation wrote come out whole, long and Unicode names too', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}/größe-模型.bin`;
    const tar = pack();
    tar.entry({ name: 'top/a.bin' }, Buffer.alloc(1000, 7));
    tar.entry({ name: long }, Buffer.alloc(513, 9));
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
    const { files } = await unpack('tar', Buffer.concat(chunks));
    expect(files.map(({ path }) => path)).toEqual([long, 'top/a.bin']);
  });

  test('a tar stream reads the same wherever its chunks are split', async () => {
    const bytes = tarOf(
      { name: 'a/', type: '5' },
      { name: 'a/x', content: 'x'.repeat(700) },
      paxEntry({ path: 'a/long name' }),
      {
        name: 'short',
        content: 'yz',
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        async function* chunks() {
          for (const [index, edge] of edges.slice(1).entries()) yield bytes.subarray(edges[index], edge);
        }
        const seen: [string, string][] = [];
        for await (const entry of walkTar(chunks())) {
          const parts: Uint8Array[] = [];
          for await (const part of entry.body) parts.push(part);
          seen.push([entry.name, Buffer.concat(parts).toString()]);
        }
        expect(seen).toEqual([
          ['a/', ''],
          ['a/x', 'x'.repeat(700)],
          ['a/long name', 'yz'],
        ]);
      }),
    );
  });
});

describe('names that could mean another place', () => {
  const names: [string, string][] = [
    ['../evil', 'outside the archive'],
    ['a/../../evil', 'outside the archive'],
    ['/etc/passwd', 'absolute path'],
    ['C:/windows/evil', 'drive letter'],
    ['a\\..\\evil', 'backslash'],
    ['a/evil\u0007', 'control character'],
    ['con', 'reserved name'],
    ['a/NUL.txt', 'reserved name'],
    ['a/b.', 'ends with a dot'],
    [`${'a/'.repeat(40)}x`, 'deeper than'],
    [`${'n'.repeat(256)}`, 'more than 255 bytes'],
  ];
  test.each(names)('%j is refused in tar and zip', async (name, reason) => {
    const evil = { name, content: 'evil' };
    const tar =
      name.length > 99
        ? tarOf(paxEntry({ path: name }), { name: 'short', content: 'evil' })
        : tarOf({ name: 'ok', content: 'a' }, evil);
    expect(await refusal('tar', tar)).toContain(reason);
    expect(await refusal('zip', zipOf({ name: 'ok', content: 'a' }, evil))).toContain(reason);
  });

  test('a NUL in a name is refused', async () => {
    expect(await refusal('zip', zipOf({ name: 'model.onnx\0.png', content: 'a' }))).toContain('control character');
  });

  test('a path that only an extended header or a GNU long name carries is checked too', async () => {
    expect(await refusal('tar', tarOf(paxEntry({ path: '../evil' }), { name: 'ok', content: 'a' }))).toContain(
      '"../evil"',
    );
    const gnu = tarOf({ name: '././@LongLink', type: 'L', content: '../evil\0' }, { name: 'ok', content: 'a' });
    expect(await refusal('tar', gnu)).toContain('"../evil"');
  });

  test('names that differ only by case or Unicode form are refused, and so are repeated ones', async () => {
    for (const [a, b] of [
      ['m/Model.onnx', 'm/model.onnx'],
      ['M/a', 'm/b'],
      ['caf\u00e9', 'cafe\u0301'],
      ['a', 'a'],
      ['a', 'a/b'],
      ['a/b', 'a'],
    ] as const) {
      const entries = [
        { name: a, content: '1' },
        { name: b, content: '2' },
      ];
      expect(await refusal('tar', tarOf(...entries))).toMatch(/is there twice|differs from/);
      expect(await refusal('zip', zipOf(...entries))).toMatch(/is there twice|differs from/);
    }
  });
});

describe('entries that are neither files nor folders', () => {
  test.each([
    ['1', 'hard link'],
    ['2', 'symbolic link'],
    ['3', 'character device'],
    ['4', 'block device'],
    ['6', 'named pipe'],
    ['S', 'sparse'],
    ['Z', 'unknown type'],
  ])('a tar entry of type %s is refused', async (type, reason) => {
    const message = await refusal(
      'tar',
      tarOf({ name: 'm/ok', content: 'a' }, { name: 'm/evil', type, linkname: '/etc/passwd' }),
    );
    expect(message).toContain('"m/evil"');
    expect(message).toContain(reason);
  });

  test.each([
    [0o120777, 'symbolic link'],
    [0o060644, 'block device'],
    [0o020644, 'character device'],
    [0o010644, 'named pipe'],
    [0o140644, 'socket'],
  ])('a zip entry of mode %o is refused', async (mode, reason) => {
    expect(await refusal('zip', zipOf({ name: 'evil', content: '/etc/passwd', mode }))).toContain(reason);
  });

  test('a file through a link that the same archive made before never gets that far', async () => {
    const bytes = tarOf({ name: 'out', type: '2', linkname: '/tmp' }, { name: 'out/evil', content: 'evil' });
    expect(await refusal('tar', bytes)).toContain('symbolic link');
  });
});

describe('archives that grow', () => {
  const small = { ratioFloorBytes: MIB, maxRatio: 100 };

  test('a bomb is refused while it unpacks, in zip and tar.gz', async () => {
    const zeros = Buffer.alloc(32 * MIB);
    expect(await refusal('zip', zipOf({ name: 'zeros', content: zeros }), small)).toContain('times its size');
    expect(await refusal('tar.gz', tgzOf({ name: 'zeros', content: zeros }), small)).toContain('times its size');
  });

  test('below the floor the ratio does not count', async () => {
    const { files } = await unpack('tar.gz', tgzOf({ name: 'zeros', content: Buffer.alloc(MIB / 2) }), small);
    expect(files).toHaveLength(1);
  });

  test('entries that share bytes are refused', async () => {
    const bytes = zipOf({ name: 'a', content: 'kernel' }, { name: 'b', content: 'kernel', sameBytesAs: 0 });
    expect(await refusal('zip', bytes)).toContain('shares its bytes');
  });

  test('an entry that unpacks to more than it announced is refused', async () => {
    const bytes = zipOf({ name: 'a', content: Buffer.alloc(100_000), uncompressedSize: 10 });
    expect(await refusal('zip', bytes)).toContain('damaged or cut off');
  });

  test('too many entries, too large files and too large totals are refused', async () => {
    const many = Array.from({ length: 6 }, (_, index) => ({ name: `f${index}`, content: 'abcd' }));
    for (const [kind, bytes] of [
      ['tar', tarOf(...many)],
      ['zip', zipOf(...many)],
    ] as const) {
      expect(await refusal(kind, bytes, { maxEntries: 5 })).toContain('more than 5 entries');
      expect(await refusal(kind, bytes, { maxFileBytes: 3 })).toContain('"f0" is larger than 3 bytes');
      expect(await refusal(kind, bytes, { maxTotalBytes: 20 })).toContain('more than 20 bytes');
      expect((await unpack(kind, bytes, { maxEntries: 6, maxFileBytes: 4, maxTotalBytes: 24 })).files).toHaveLength(6);
    }
  });

  test('an extended header of gigabytes is refused before it is read', async () => {
    const bytes = Buffer.concat([tarHeader({ name: 'x', type: 'x', size: 4 * 1024 ** 3 }), Buffer.alloc(2048)]);
    expect(await refusal('tar', bytes)).toContain('extended header that is too long');
  });

  test('a disk that runs full ends in upload.no_space, with nothing left', async () => {
    const tight = new DiskRoom(async () => 10, 0);
    const { refused } = await unpack('tar', tarOf({ name: 'a', content: 'abc' }), {}, tight);
    expect(refused?.code).toBe('upload.no_space');
  });
});

describe('damaged archives', () => {
  test('an encrypted entry and an unknown method are refused', async () => {
    expect(await refusal('zip', zipOf({ name: 'a', content: 'x', flags: 1 }))).toContain('encrypted');
    expect(await refusal('zip', zipOf({ name: 'a', content: 'x', method: 12 }))).toContain('unsupported method 12');
  });

  test('wrong checksums are refused', async () => {
    expect(await refusal('zip', zipOf({ name: 'a', content: 'x', crc: 1 }))).toContain('checksum is wrong');
    const tar = tarOf({ name: 'a', content: 'x' });
    tar[0]! ^= 1;
    expect(await refusal('tar', tar)).toContain('wrong checksum');
  });

  test('what is cut off anywhere is refused', async () => {
    const zip = zipOf({ name: 'a', content: 'x'.repeat(2000) });
    const tar = Buffer.concat([tarEntry({ name: 'a', content: 'x'.repeat(2000) }), TAR_END.subarray(0, 512)]);
    const gz = gzipSync(tar);
    for (const [kind, whole] of [
      ['zip', zip],
      ['tar', tar],
      ['tar.gz', gz],
    ] as const)
      for (let size = 0; size < whole.length; size += Math.ceil(whole.length / 40))
        expect(await refusal(kind, whole.subarray(0, size))).toMatch(/cut off|damaged|no zip|not compressed/);
    expect((await unpack('tar', tar)).files).toHaveLength(1);
    expect(gunzipSync(gz)).toEqual(tar);
  });

  test('a file that only has the name of an archive is refused with words', async () => {
    for (const kind of ['zip', 'tar', 'tar.gz'] as const)
      expect(await refusal(kind, Buffer.from('this is a text file, not an archive. '.repeat(50)))).toMatch(
        /damaged or no|not compressed/,
      );
  });

  test('an archive without files is refused', async () => {
    expect(await refusal('tar', TAR_END)).toContain('holds no files');
    expect(await refusal('zip', zipOf({ name: 'only/' }))).toContain('holds no files');
  });

  test('random bytes and random changes never escape, hang or leave anything', async () => {
    const whole = tarOf({ name: 'm/a', content: 'x'.repeat(600) }, paxEntry({ path: 'm/b' }), {
      name: 'b',
      content: 'y',
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const { files, refused } = await unpack('tar', bytes);
        expect(files.length > 0 || refused !== null).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
