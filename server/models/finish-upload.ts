import { link, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFile } from '#lib/contracts/model.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { refuseArchive, type ArchiveLimits } from './archive-refusal.ts';
import type { DiskRoom } from './disk-room.ts';
import { syncFolder } from './tree-writer.ts';
import { unpackArchive } from './unpack-archive.ts';
import { archiveKindOf } from './walk-archive.ts';

/** Files of one upload: `data` as it was sent, `content` as a model takes it. */
export const uploadPaths = (folder: string, id: string) => ({
  folder: join(folder, id),
  data: join(folder, id, 'data'),
  content: join(folder, id, 'content'),
});

export interface FinishOptions {
  paths: ReturnType<typeof uploadPaths>;
  filename: string;
  unpack: boolean;
  sizeBytes: number;
  sha256: string;
  limits: ArchiveLimits;
  room: DiskRoom;
  clock: Clock;
}

/**
 * Makes the content of an upload from its bytes: the archive unpacked, or the one file under its name. The bytes stay until the caller has
 * noted the result, so that it can all be done again after a crash.
 * @throws AppError upload.archive_refused, upload.no_space
 */
export async function makeContent(options: FinishOptions): Promise<ModelFile[]> {
  const { paths, filename, unpack } = options;
  const partial = `${paths.content}.partial`;
  for (const leftover of [partial, paths.content]) await rm(leftover, { recursive: true, force: true });
  const kind = unpack ? archiveKindOf(filename) : null;
  if (kind === 'unsupported') {
    const remedy = 'Pack the folder as .zip, .tar or .tar.gz; or send the file with unpack=false to keep it as it is.';
    throw refuseArchive(null, `${filename} is of a kind that is not unpacked`, remedy);
  }
  const { limits, room, clock } = options;
  const files =
    kind === null
      ? await placeFile(partial, options)
      : await unpackArchive({ path: paths.data, kind, into: partial, limits, room, clock });
  await rename(partial, paths.content);
  await syncFolder(paths.folder);
  return files;
}

async function placeFile(folder: string, { paths, filename, sizeBytes, sha256 }: FinishOptions): Promise<ModelFile[]> {
  await mkdir(folder, { mode: 0o700 });
  await link(paths.data, join(folder, filename));
  await syncFolder(folder);
  return [{ path: filename, size_bytes: sizeBytes, sha256 }];
}
