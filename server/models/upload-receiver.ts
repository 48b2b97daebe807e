import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Upload } from '#lib/contracts/upload.ts';
import type { UploadRecord } from '#server/domain/upload.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { newId } from '#server/kernel/ids.ts';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { DEFAULT_ARCHIVE_LIMITS, type ArchiveLimits } from './archive-refusal.ts';
import { DiskRoom, freeBytesAt, translateDiskFull, type FreeBytes } from './disk-room.ts';
import { parseEntryName } from './entry-name.ts';
import { makeContent, uploadPaths } from './finish-upload.ts';
import { syncFolder } from './tree-writer.ts';
import { appendDurably, CHECKPOINT_BYTES, RunningHashes } from './upload-bytes.ts';
import type { UploadStore } from './upload-store.ts';

const GIB = 1024 ** 3;
export const UPLOAD_EXPIRY_MS = 24 * 3_600_000;
const ID_PATTERN = /^[a-z0-9_]{1,64}$/;

export interface UploadLimits {
  maxUploadBytes: number;
  /** Room that uploads never take. */
  reserveBytes: number;
  archive: ArchiveLimits;
}

export const DEFAULT_UPLOAD_LIMITS: UploadLimits = {
  maxUploadBytes: 100 * GIB,
  reserveBytes: 512 * 1024 ** 2,
  archive: DEFAULT_ARCHIVE_LIMITS,
};

/** What a new upload is to be. */
export interface UploadIntent {
  filename: string;
  unpack: boolean;
  /** Null where the sender does not say. */
  sizeBytes: number | null;
}

export interface UploadReceiverOptions {
  /** Folder of all uploads. */
  folder: string;
  store: UploadStore;
  clock: Clock;
  freeBytes?: FreeBytes;
  limits?: Partial<UploadLimits>;
}

/**
 * The life of an upload: begin, append, finish. Bytes are durable before they count as received; a finished one is its content folder and
 * nothing else. Calls for one upload are to be made one after the other; only `finish` may be called twice at once.
 */
export class UploadReceiver {
  readonly limits: UploadLimits;
  readonly #folder: string;
  readonly #store: UploadStore;
  readonly #clock: Clock;
  readonly #room: DiskRoom;
  readonly #hashes = new RunningHashes();
  readonly #finishing = new Map<string, Promise<UploadRecord>>();
  /** Uploads that bytes are arriving for; they are not collected. */
  readonly #receiving = new Set<string>();

  constructor({ folder, store, clock, freeBytes, limits }: UploadReceiverOptions) {
    this.limits = { ...DEFAULT_UPLOAD_LIMITS, ...limits };
    this.#folder = folder;
    this.#store = store;
    this.#clock = clock;
    this.#room = new DiskRoom(freeBytes ?? freeBytesAt(folder), this.limits.reserveBytes);
  }

  /** @throws AppError request.invalid, request.too_large, upload.no_space */
  async begin(intent: UploadIntent): Promise<UploadRecord> {
    const filename = parseFilename(intent.filename);
    const { maxUploadBytes } = this.limits;
    if ((intent.sizeBytes ?? 0) > maxUploadBytes)
      throw new AppError('request.too_large', `An upload may have ${maxUploadBytes} bytes.`);
    await this.#room.require(intent.sizeBytes ?? CHECKPOINT_BYTES);
    const nowMs = this.#clock.now();
    const record: UploadRecord = {
      id: newId('upl', nowMs),
      filename,
      state: 'receiving',
      sizeBytes: intent.sizeBytes ?? 0,
      receivedBytes: 0,
      sha256: '',
      fileCount: 0,
      entries: [],
      unpack: intent.unpack,
      createdAt: nowMs,
      expiresAt: nowMs + UPLOAD_EXPIRY_MS,
    };
    await this.#makeFolder(record.id);
    await this.#store.save(record);
    return record;
  }

  /** @throws AppError upload.not_found */
  async get(id: string): Promise<UploadRecord> {
    const record = ID_PATTERN.test(id) ? await this.#store.find(id) : null;
    if (record !== null) return record;
    const text = `There is no upload ${JSON.stringify(id)}. Uploads that no model uses are removed after 24 hours; send it again.`;
    throw new AppError('upload.not_found', text);
  }

  /**
   * Takes bytes in behind those that are there. However it ends, the row says what is safe on the disk.
   * @param limit size that the upload may reach
   * @throws AppError request.too_large, upload.no_space; what the stream throws when the sender goes away
   */
  async append(record: UploadRecord, body: AsyncIterable<Uint8Array>, limit: number): Promise<UploadRecord> {
    if (this.#receiving.has(record.id))
      throw new AppError('upload.in_use', 'The upload is being received over another connection.');
    const expected = Math.max(0, record.sizeBytes - record.receivedBytes);
    await this.#room.require(expected);
    const promised = this.#room.promise(expected);
    let current = record;
    this.#receiving.add(record.id);
    try {
      await appendDurably({
        path: uploadPaths(this.#folder, record.id).data,
        offset: record.receivedBytes,
        limit,
        body,
        hashes: this.#hashes,
        onDurable: async (position) => {
          promised.arrived(position - current.receivedBytes);
          current = { ...current, receivedBytes: position, expiresAt: this.#clock.now() + UPLOAD_EXPIRY_MS };
          await this.#store.save(current);
          if (position < limit) await this.#room.require(0);
        },
      });
      return current;
    } catch (error) {
      throw translateDiskFull(error);
    } finally {
      promised.release();
      this.#receiving.delete(record.id);
    }
  }

  /**
   * Makes the content of a complete upload, once, however often and from wherever it is asked for.
   * @throws AppError upload.archive_refused (the upload is then refused for good), upload.no_space (may be tried again)
   */
  async finish(record: UploadRecord): Promise<UploadRecord> {
    if (record.state === 'refused') throw new AppError('upload.archive_refused', await this.refusalOf(record.id));
    if (record.state !== 'receiving') return record;
    let running = this.#finishing.get(record.id);
    if (running === undefined) {
      running = this.#makeReady(record).finally(() => this.#finishing.delete(record.id));
      this.#finishing.set(record.id, running);
    }
    return running;
  }

  /** Why an upload was refused. */
  async refusalOf(id: string): Promise<string> {
    return readFile(refusalPath(this.#folder, id), 'utf8').catch(() => 'The upload was refused. Send it again.');
  }

  contentFolder(id: string): string {
    return uploadPaths(this.#folder, id).content;
  }

  async setState(id: string, state: Upload['state']): Promise<void> {
    await this.#store.save({ ...(await this.get(id)), state });
  }

  /** @throws AppError upload.not_found, upload.in_use while its content is being made */
  async remove(id: string): Promise<void> {
    const record = await this.get(id);
    if (this.#finishing.has(id))
      throw new AppError('upload.in_use', 'The upload is being unpacked. Try again shortly.');
    await this.#store.delete(record.id);
    await this.#removeFiles(record.id);
  }

  /** Removes what expired, and folders without a row. @returns how many */
  async collectExpired(): Promise<number> {
    const isBusy = (id: string): boolean => this.#receiving.has(id) || this.#finishing.has(id);
    const expired = (await this.#store.listExpired(this.#clock.now())).filter(({ id }) => !isBusy(id));
    for (const { id } of expired) await this.remove(id);
    return expired.length + (await this.removeOrphans((id) => this.#isOld(id)));
  }

  /** Removes folders without a row. While uploads may begin, a young one is one that is just being made. @returns how many */
  async removeOrphans(mayGo: (id: string) => Promise<boolean> = async () => true): Promise<number> {
    let removed = 0;
    for (const id of await readdir(this.#folder)) {
      if ((await this.#store.find(id)) !== null || !(await mayGo(id))) continue;
      await this.#removeFiles(id);
      removed += 1;
    }
    return removed;
  }

  async #makeReady(record: UploadRecord): Promise<UploadRecord> {
    const paths = uploadPaths(this.#folder, record.id);
    const { filename, unpack, receivedBytes: sizeBytes } = record;
    const sha256 = await this.#hashes.digest(paths.data, sizeBytes);
    const common = { paths, filename, unpack, sizeBytes, sha256, room: this.#room, clock: this.#clock };
    try {
      const entries = await makeContent({ ...common, limits: this.limits.archive });
      const ready: UploadRecord = { ...record, state: 'ready', sizeBytes, sha256, entries, fileCount: entries.length };
      await this.#store.save(ready);
      await rm(paths.data, { force: true });
      return ready;
    } catch (error) {
      if (error instanceof AppError && error.code === 'upload.archive_refused') await this.#noteRefusal(record, error);
      throw error;
    }
  }

  async #noteRefusal(record: UploadRecord, error: AppError): Promise<void> {
    await rm(uploadPaths(this.#folder, record.id).data, { force: true });
    await writeFileDurably(refusalPath(this.#folder, record.id), error.message);
    await this.#store.save({ ...record, state: 'refused' });
  }

  async #makeFolder(id: string): Promise<void> {
    const paths = uploadPaths(this.#folder, id);
    await mkdir(paths.folder, { mode: 0o700 });
    await (await open(paths.data, 'wx', 0o600)).close();
    await syncFolder(paths.folder);
    await syncFolder(this.#folder);
  }

  async #removeFiles(id: string): Promise<void> {
    this.#hashes.forget(uploadPaths(this.#folder, id).data);
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  /** A folder is made before its row; only one that stayed without a row for long is an orphan. */
  async #isOld(id: string): Promise<boolean> {
    const found = await stat(join(this.#folder, id)).catch(() => null);
    return found !== null && found.mtimeMs < this.#clock.now() - UPLOAD_EXPIRY_MS;
  }
}

const refusalPath = (folder: string, id: string): string => join(folder, id, 'refusal.txt');

/** The last part of a path, as browsers and tools send it, if it can be a file's name everywhere. @throws AppError request.invalid */
function parseFilename(raw: string): string {
  const name = raw.split(/[/\\]/).at(-1) ?? '';
  try {
    if (parseEntryName(name, 0).length === 1) return name;
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
  }
  const message = `${JSON.stringify(raw.slice(0, 200))} cannot be the name of a file. Name it as it is to be called, for example model.onnx.`;
  throw new AppError('request.invalid', message, { errors: [{ path: '?filename', message }] });
}
