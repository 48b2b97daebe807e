import { crc32 } from 'node:zlib';
import { getFileNameLowLevel, openPromise, type Entry, type ZipFile } from 'yauzl';
import { AppError } from '#server/kernel/app-error.ts';
import { refuseArchive } from './archive-refusal.ts';
import type { ArchiveEntry } from './walk-archive.ts';

const FILE_TYPE_MASK = 0o170000;
const REFUSED_TYPES: Record<number, string> = {
  0o120000: 'is a symbolic link',
  0o060000: 'is a block device',
  0o020000: 'is a character device',
  0o010000: 'is a named pipe',
  0o140000: 'is a socket',
};
const REGULAR_TYPES: readonly number[] = [0, 0o100000, 0o040000];
const STORED = 0;
const DEFLATED = 8;
const REPACK = 'Pack the folder again with a common zip tool and upload it.';

/**
 * Walks a zip file by its central directory, as the format demands. All entries are read and checked before the first is handed out, because
 * overlapping ones (the trick of zip bombs that beat a ratio) only show when all are known.
 * @throws AppError upload.archive_refused
 */
export async function* walkZip(path: string, maxEntries: number): AsyncGenerator<ArchiveEntry, void, undefined> {
  const zip = await openPromise(path, { autoClose: false, decodeStrings: false, validateEntrySizes: true }).catch(
    (cause: unknown) => {
      throw refuseArchive(null, 'is damaged or no zip archive', REPACK, cause);
    },
  );
  try {
    for (const entry of await readEntries(zip, maxEntries)) {
      const { name, kind } = describeEntry(entry);
      yield { name, kind, sizeBytes: entry.uncompressedSize, body: readBody(zip, entry, name) };
    }
  } finally {
    zip.close();
  }
}

async function readEntries(zip: ZipFile, maxEntries: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  const ranges: { name: string; start: number; end: number }[] = [];
  const tooMany = (): AppError =>
    refuseArchive(null, `holds more than ${maxEntries} entries`, 'Leave out what the model does not need.');
  if (zip.entryCount > maxEntries) throw tooMany();
  try {
    for await (const entry of zip.eachEntry()) {
      if (entries.length >= maxEntries) throw tooMany();
      entries.push(entry);
      const start = entry.relativeOffsetOfLocalHeader;
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      ranges.push({ name: nameOf(entry), start, end: fileDataStart + entry.compressedSize });
    }
  } catch (error) {
    throw asRefusal(null, error);
  }
  assertNoOverlap(ranges);
  return entries;
}

function assertNoOverlap(ranges: { name: string; start: number; end: number }[]): void {
  ranges.sort((a, b) => a.start - b.start);
  let end = 0;
  for (const range of ranges) {
    if (range.start < end) throw refuseArchive(range.name, 'shares its bytes with another entry', REPACK);
    end = range.end;
  }
}

/** @throws AppError upload.archive_refused for anything that is neither a plain file nor a folder */
function describeEntry(entry: Entry): Pick<ArchiveEntry, 'name' | 'kind'> {
  const name = nameOf(entry);
  if (entry.isEncrypted())
    throw refuseArchive(name, 'is encrypted', 'Pack the folder without a password and upload it again.');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED)
    throw refuseArchive(name, `is packed with the unsupported method ${entry.compressionMethod}`, REPACK);
  // Unix tools keep the file type in the upper half, whatever system the entry names as its maker.
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK;
  if (!REGULAR_TYPES.includes(type)) {
    const what = REFUSED_TYPES[type] ?? 'has an unknown file type';
    throw refuseArchive(
      name,
      what,
      'Pack plain files and folders only (`zip -r` without `-y` copies what links point to).',
    );
  }
  const isDirectory = name.endsWith('/');
  if (isDirectory && entry.uncompressedSize > 0) throw refuseArchive(name, 'is a folder with content', REPACK);
  return { name, kind: isDirectory ? 'directory' : 'file' };
}

function nameOf(entry: Entry): string {
  return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
}

async function* readBody(zip: ZipFile, entry: Entry, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  let checksum = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    throw asRefusal(name, error);
  }
  if (checksum !== entry.crc32) throw refuseArchive(name, 'is damaged (its checksum is wrong)', REPACK);
}

function asRefusal(name: string | null, error: unknown): unknown {
  return error instanceof AppError ? error : refuseArchive(name, 'is damaged or cut off', REPACK, error);
}
