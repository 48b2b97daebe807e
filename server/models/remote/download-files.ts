import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '#server/kernel/app-error.ts';
import { type DiskRoom, translateDiskFull } from '../disk-room.ts';
import { withIdleLimit } from '../idle-limit.ts';
import { explainStatus } from './read-answer.ts';
import { type RemoteAnswer, type RemoteHttp } from './remote-http.ts';
import type { RemoteFile } from './remote-plan.ts';

/** How often the room on the disk is looked at. */
const ROOM_CHECK_BYTES = 64 * 1024 * 1024;

export interface DownloadOptions {
  http: RemoteHttp;
  room: DiskRoom;
  maxFiles: number;
  maxTotalBytes: number;
  /** Waits before each new try; after as many tries without a new byte the download has failed. */
  retryDelaysMs: readonly number[];
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface DownloadProgress {
  receivedBytes: number;
  /** Null where the source does not say. */
  totalBytes: number | null;
  doneFiles: number;
  files: number;
}

/**
 * Fetches files below a folder that is there, one after the other, and goes on where a broken connection stopped. What is left of them when this
 * fails is the caller's to remove.
 * @throws AppError model.source_…, request.too_large, upload.no_space; the signal's reason
 */
export async function downloadFiles(
  files: readonly RemoteFile[],
  folder: string,
  options: DownloadOptions,
  onProgress: (progress: DownloadProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const totalBytes = announcedTotal(files);
  if (files.length > options.maxFiles)
    throw tooLarge(`It has ${files.length} files; a model may have ${options.maxFiles}.`);
  assertTotal(totalBytes ?? 0, options);
  await options.room.require(totalBytes ?? ROOM_CHECK_BYTES);
  const promised = options.room.promise(totalBytes ?? 0);
  let doneBytes = 0;
  try {
    for (const [index, file] of files.entries()) {
      const report = (bytes: number): void =>
        onProgress({ receivedBytes: doneBytes + bytes, totalBytes, doneFiles: index, files: files.length });
      const arrived = (bytes: number): void => promised.arrived(bytes);
      doneBytes += await downloadFile(file, folder, { ...options, doneBytes, report, arrived }, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw translateDiskFull(error);
  } finally {
    promised.release();
  }
}

function announcedTotal(files: readonly RemoteFile[]): number | null {
  let sum = 0;
  for (const { sizeBytes } of files) {
    if (sizeBytes === null) return null;
    sum += sizeBytes;
  }
  return sum;
}

interface FileOptions extends DownloadOptions {
  /** Of the files before. */
  doneBytes: number;
  report: (bytes: number) => void;
  arrived: (bytes: number) => void;
}

/** What is known of a file that is on its way. */
interface Partial {
  handle: FileHandle;
  hash: Hash;
  position: number;
  /** Of what was sent so far: the rest is asked for only while it is the same (RFC 9110 13.1.5). */
  validator: string | null;
}

/** @returns its size */
async function downloadFile(
  file: RemoteFile,
  folder: string,
  options: FileOptions,
  signal: AbortSignal,
): Promise<number> {
  const path = join(folder, ...file.segments);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const handle = await open(path, 'wx', 0o644);
  const partial: Partial = { handle, hash: createHash('sha256'), position: 0, validator: null };
  try {
    await fetchWithRetries(file, partial, options, signal);
    await handle.datasync();
  } finally {
    await handle.close();
    file.opened?.body.destroy();
  }
  checkComplete(file, partial);
  return partial.position;
}

async function fetchWithRetries(
  file: RemoteFile,
  partial: Partial,
  options: FileOptions,
  signal: AbortSignal,
): Promise<void> {
  const { retryDelaysMs, pause } = options;
  let opened = file.opened;
  for (let failures = 0; ;) {
    const before = partial.position;
    try {
      const answer = opened ?? (await ask(file, partial, options.http, signal));
      opened = undefined;
      await receive(answer, file, partial, options);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      failures = partial.position > before ? 1 : failures + 1;
      if (failures > retryDelaysMs.length) throw explainBreak(file, partial, error);
      await pause(retryDelaysMs[failures - 1] ?? 0, signal);
    }
  }
}

async function ask(
  file: RemoteFile,
  { position, validator }: Partial,
  http: RemoteHttp,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  const request = await file.request();
  const range = position > 0 && validator !== null ? { range: `bytes=${position}-`, 'if-range': validator } : {};
  return http.get({ ...request, headers: { ...request.headers, ...range } }, signal);
}

async function receive(answer: RemoteAnswer, file: RemoteFile, partial: Partial, options: FileOptions): Promise<void> {
  try {
    if (answer.status !== 200 && answer.status !== 206) throw explainStatus(answer.status, answer.url, file.hint);
    if (!continues(answer, partial.position)) await startOver(partial, options);
    partial.validator = validatorOf(answer);
    await append(answer, partial, options);
  } finally {
    answer.body.destroy();
  }
}

/** Whether the answer goes on where the file ends. @throws Error for a range that was not asked for */
function continues({ status, headers }: RemoteAnswer, position: number): boolean {
  if (status === 200) return position === 0;
  const [, first] = /^bytes (\d+)-/.exec(headers['content-range'] ?? '') ?? [];
  if (Number(first) !== position) throw new Error('sends another part than the one that was asked for');
  return true;
}

async function startOver(partial: Partial, { arrived }: FileOptions): Promise<void> {
  await partial.handle.truncate(0);
  arrived(-partial.position);
  Object.assign(partial, { hash: createHash('sha256'), position: 0 });
}

/** A weak tag says nothing about bytes. */
function validatorOf({ headers }: RemoteAnswer): string | null {
  const { etag } = headers;
  if (etag !== undefined && !etag.startsWith('W/')) return etag;
  return null;
}

async function append({ body }: RemoteAnswer, partial: Partial, options: FileOptions): Promise<void> {
  let unchecked = 0;
  for await (const chunk of withIdleLimit(body)) {
    for (let done = 0; done < chunk.length;)
      done += (await partial.handle.write(chunk, done, chunk.length - done, partial.position + done)).bytesWritten;
    partial.hash.update(chunk);
    partial.position += chunk.length;
    options.arrived(chunk.length);
    assertTotal(options.doneBytes + partial.position, options);
    options.report(partial.position);
    unchecked += chunk.length;
    if (unchecked < ROOM_CHECK_BYTES) continue;
    unchecked = 0;
    await options.room.require(0);
  }
}

/** Whether another try could do better: a broken connection and an overloaded server, but no full disk and no refusal. */
function mayPass(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'model.source_unreachable' || error.code === 'request.malformed';
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EIO' && code !== 'EROFS';
}

function explainBreak(file: RemoteFile, { position }: Partial, error: unknown): AppError {
  if (position === 0 && error instanceof AppError && error.code === 'model.source_unreachable') return error;
  const of = file.sizeBytes === null ? '' : ` of ${file.sizeBytes}`;
  const said = error instanceof Error ? error.message : String(error);
  const text = `${file.segments.join('/')} broke off after ${position}${of} bytes, again and again: ${said}.`;
  return new AppError('model.source_broken', text.replace(/\.\.$/, '.'), { cause: error });
}

function checkComplete({ segments, sizeBytes, sha256 }: RemoteFile, { hash, position }: Partial): void {
  const name = segments.join('/');
  if (sizeBytes !== null && sizeBytes !== position) {
    const text = `${name} has ${position} bytes, but ${sizeBytes} were announced. It may have changed meanwhile; try again.`;
    throw new AppError('model.source_broken', text);
  }
  if (sha256 === null) return;
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new AppError('model.source_broken', `${name} has SHA-256 ${found}, but ${sha256} was announced.`);
  }
}

function assertTotal(bytes: number, { maxTotalBytes }: DownloadOptions): void {
  if (bytes <= maxTotalBytes) return;
  const most = Math.floor(maxTotalBytes / 1024 ** 2);
  throw tooLarge(`It is larger than ${most} MiB, which VIRIDIAN_UPLOAD_MAX_MIB allows.`);
}

function tooLarge(text: string): AppError {
  return new AppError('request.too_large', text);
}
