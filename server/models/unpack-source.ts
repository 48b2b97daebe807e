import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#server/kernel/clock.ts';
import { randomName } from '#server/kernel/ids.ts';
import { refuseArchive, type ArchiveLimits } from './archive-refusal.ts';
import type { DiskRoom } from './disk-room.ts';
import type { ModelSource } from './model-source.ts';
import { unpackArchive } from './unpack-archive.ts';
import { archiveKindOf } from './walk-archive.ts';

/** The original service unpacks a model's one archive when this property says `True`; here that is done once, at registration. */
const PROPERTY = 'azureml.unpack';

export interface UnpackSourceOptions {
  /** Where it is unpacked to, on the file system of the models. */
  folder: string;
  limits: ArchiveLimits;
  room: DiskRoom;
  clock: Clock;
}

export interface OpenedSource {
  source: ModelSource;
  /** To be called once the files were taken. */
  release(): Promise<void>;
}

/**
 * A source as its properties want it: the one archive unpacked, else as it is.
 * @throws AppError upload.archive_refused, upload.no_space
 */
export async function unpackSource(
  source: ModelSource,
  properties: Readonly<Record<string, string>>,
  { folder, ...options }: UnpackSourceOptions,
): Promise<OpenedSource> {
  const [file] = source.files;
  const name = file?.segments.at(-1) ?? '';
  const isWanted = properties[PROPERTY]?.toLowerCase() === 'true' && source.files.length === 1;
  const kind = isWanted ? archiveKindOf(name) : null;
  if (file === undefined || kind === null) return { source, release: async () => undefined };
  if (kind === 'unsupported') {
    throw refuseArchive(null, `${name} is of a kind that is not unpacked`, 'Pack the folder as .zip, .tar or .tar.gz.');
  }
  const into = join(folder, `unpacked-${randomName(12)}`);
  const unpacked = await unpackArchive({ ...options, path: file.from, kind, into });
  const files = unpacked.map(({ path }) => ({ from: join(into, path), segments: path.split('/') }));
  return { source: { files, immutable: true }, release: () => rm(into, { recursive: true, force: true }) };
}
