import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ModelFile } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { ArchiveBudget } from './archive-budget.ts';
import { refuseArchive, type ArchiveLimits } from './archive-refusal.ts';
import { translateDiskFull, type DiskRoom } from './disk-room.ts';
import { parseEntryName, PathRegistry } from './entry-name.ts';
import { TreeWriter } from './tree-writer.ts';
import type { ArchiveEntry, ArchiveKind } from './walk-archive.ts';
import { walkTar } from './walk-tar.ts';
import { walkZip } from './walk-zip.ts';

export interface UnpackOptions {
  /** The archive. */
  path: string;
  kind: ArchiveKind;
  /** Folder to make; it must not be there. */
  into: string;
  limits: ArchiveLimits;
  room: DiskRoom;
  clock: Clock;
}

/** How often the room on the disk is looked at. */
const ROOM_CHECK_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/**
 * Unpacks an archive that nobody vouches for. Either all of it lies in the new folder, or nothing is left.
 * @returns the files, by path
 * @throws AppError upload.archive_refused naming the entry and what to do; upload.no_space
 */
export async function unpackArchive(options: UnpackOptions): Promise<ModelFile[]> {
  const { path, kind, into, limits, clock } = options;
  try {
    const { size } = await stat(path);
    const budget = new ArchiveBudget(limits, size, clock);
    const writer = await TreeWriter.create(into);
    await writeEntries(walk(path, kind, limits), { writer, budget, registry: new PathRegistry() }, options);
    const files = writer.files();
    if (files.length === 0) throw refuseArchive(null, 'holds no files', 'Pack the folder that holds the model.');
    await writer.syncFolders();
    return files;
  } catch (error) {
    await rm(into, { recursive: true, force: true });
    throw translateDiskFull(asRefusal(error));
  }
}

interface Target {
  writer: TreeWriter;
  budget: ArchiveBudget;
  registry: PathRegistry;
}

async function writeEntries(
  entries: AsyncIterable<ArchiveEntry>,
  { writer, budget, registry }: Target,
  { limits, room }: UnpackOptions,
): Promise<void> {
  let unchecked = ROOM_CHECK_BYTES;
  for await (const { name, kind, sizeBytes, body } of entries) {
    const segments = parseEntryName(name, limits.maxDepth);
    budget.addEntry(name, sizeBytes);
    if (kind === 'directory') {
      registry.addDirectory(segments);
      await writer.makeDirectory(segments);
      continue;
    }
    if (segments.length === 0) throw refuseArchive(name, 'is a file without a name', 'Pack the folder again.');
    registry.addFile(segments);
    await writer.writeFile(segments, body, async (bytes) => {
      budget.addBytes(name, bytes);
      unchecked += bytes;
      if (unchecked < ROOM_CHECK_BYTES) return;
      unchecked = 0;
      await room.require(ROOM_CHECK_BYTES);
    });
  }
}

async function* walk(path: string, kind: ArchiveKind, limits: ArchiveLimits): AsyncGenerator<ArchiveEntry> {
  if (kind === 'zip') return yield* walkZip(path, limits.maxEntries);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // An error of the file comes out of the last stream, where it is awaited.
  const chunks = kind === 'tar' ? file : pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
  try {
    yield* walkTar(chunks);
  } finally {
    chunks.destroy();
    file.destroy();
  }
}

/** What zlib says of bytes that are no gzip, or end too early. */
function asRefusal(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof AppError || typeof code !== 'string' || !code.startsWith('Z_')) return error;
  const what = code === 'Z_BUF_ERROR' ? 'is cut off' : 'is damaged or not compressed with gzip';
  return refuseArchive(null, what, 'Pack the folder again and upload the whole file.', error);
}
