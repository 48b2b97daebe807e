import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#server/kernel/clock.ts';
import { refuseArchive, type ArchiveLimits } from '../archive-refusal.ts';
import type { DiskRoom } from '../disk-room.ts';
import type { ModelSource } from '../model-source.ts';
import { unpackArchive } from '../unpack-archive.ts';
import { archiveKindOf } from '../walk-archive.ts';
import { downloadFiles, type DownloadOptions, type DownloadProgress } from './download-files.ts';
import { planHttp } from './plan-http.ts';
import { planHub } from './plan-hub.ts';
import { planMlflow, requireTrackingServer } from './plan-mlflow.ts';
import { planS3 } from './plan-s3.ts';
import { parseRemoteAddress, type RemoteAddress } from './remote-address.ts';
import type { RemoteHttp } from './remote-http.ts';
import type { RemoteFile, RemotePlan } from './remote-plan.ts';
import type { RemoteModelsSettings } from './remote-settings.ts';

export interface RemoteModelsOptions extends Omit<DownloadOptions, 'http'> {
  http: RemoteHttp;
  settings: RemoteModelsSettings;
  archive: ArchiveLimits;
  room: DiskRoom;
  clock: Clock;
  /** Opens `file:` paths, where a tracking server names one. */
  openLocal: (path: string) => Promise<ModelSource>;
}

export interface FetchListener {
  /** The files are known and are being fetched now. */
  onFound(files: number): void;
  onProgress(progress: DownloadProgress): void;
}

/** Port to models that lie elsewhere. */
export interface RemoteModels {
  /** Reads an address without asking anybody. @throws AppError request.invalid; model.path_not_allowed for a source that is not set up */
  check(path: string): void;
  /**
   * Brings a model's files below a folder that it makes.
   * @throws AppError model.source_…, model.path_not_allowed, request.too_large, upload.…; the signal's reason
   */
  fetch(path: string, folder: string, listener: FetchListener, signal: AbortSignal): Promise<ModelSource>;
  close(): void;
}

export function createRemoteModels(options: RemoteModelsOptions): RemoteModels {
  return {
    check(path) {
      const address = parseRemoteAddress(path);
      if (address.kind.startsWith('mlflow')) requireTrackingServer(options.settings);
    },
    async fetch(path, folder, listener, signal) {
      const plan = await makePlan(parseRemoteAddress(path), options, signal);
      if (plan.kind === 'local') return plan.source;
      listener.onFound(plan.files.length);
      const fetched = join(folder, 'fetched');
      await mkdir(fetched, { recursive: true, mode: 0o700 });
      await downloadFiles(plan.files, fetched, options, (progress) => listener.onProgress(progress), signal);
      return (
        (await unpackSingle(plan, folder, options)) ??
        sourceOf(
          fetched,
          plan.files.map(({ segments }) => segments),
        )
      );
    },
    close: () => options.http.close(),
  };
}

function makePlan(address: RemoteAddress, options: RemoteModelsOptions, signal: AbortSignal): Promise<RemotePlan> {
  switch (address.kind) {
    case 'http':
      return planHttp(address.url, options.http, signal);
    case 's3':
      return planS3(address, options.settings, options.http, signal);
    case 'hub':
      return planHub(address, options.settings, options.http, signal);
    default:
      return planMlflow(address, options, signal);
  }
}

/** Null where there is no archive to unpack. @throws AppError upload.archive_refused */
async function unpackSingle(
  { files, unpack }: { files: readonly RemoteFile[]; unpack: boolean },
  folder: string,
  { archive: limits, room, clock }: RemoteModelsOptions,
): Promise<ModelSource | null> {
  const [file] = files;
  const name = file?.segments.at(-1) ?? '';
  const kind = unpack && files.length === 1 ? archiveKindOf(name) : null;
  if (file === undefined || kind === null) return null;
  if (kind === 'unsupported') {
    throw refuseArchive(null, `${name} is of a kind that is not unpacked`, 'Pack the folder as .zip, .tar or .tar.gz.');
  }
  const path = join(folder, 'fetched', ...file.segments);
  const into = join(folder, 'content');
  const unpacked = await unpackArchive({ path, kind, into, limits, room, clock });
  await rm(path);
  return sourceOf(
    into,
    unpacked.map((one) => one.path.split('/')),
  );
}

const sourceOf = (folder: string, paths: readonly string[][]): ModelSource => ({
  immutable: true,
  files: paths.map((segments) => ({ from: join(folder, ...segments), segments })),
});
