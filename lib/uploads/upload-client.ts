import { type DetailedError, Upload } from 'tus-js-client';
import type { Problem } from '#lib/contracts/problem.ts';
import { API_BASE } from '#lib/queries/fetch-json.ts';
import { unexpectedProblem } from '#lib/queries/api-problem.ts';
import { createTarBlob, type UploadFile } from './tar-blob.ts';

const CHUNK_BYTES = 8 * 2 ** 20;
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, 10_000];

export interface UploadEvents {
  onProgress: (sentBytes: number, totalBytes: number) => void;
  onDone: (uploadId: string) => void;
  onFailed: (problem: Problem) => void;
}

export interface RunningUpload {
  /** Keeps what the server has; `resume` goes on from there. */
  pause(): void;
  resume(): void;
  /** Throws it away, on the server too. */
  cancel(): void;
}

/** What people call the upload: the file, or the folder that they dropped. */
export function nameOfUpload(files: readonly UploadFile[]): string {
  const [first] = files;
  return first === undefined ? '' : (first.path.split('/')[0] ?? first.path);
}

/**
 * Sends one file as it is, several as one tar archive, in pieces that survive a lost connection. The same files picked again after a reload go on
 * where they stopped (tus 1.0.0).
 */
export function startUpload(files: readonly UploadFile[], events: UploadEvents): RunningUpload {
  const [only] = files;
  const single = files.length === 1 && only !== undefined && !only.path.includes('/');
  const blob = single ? only.file : createTarBlob(files);
  const name = nameOfUpload(files);
  const upload = new Upload(blob as File, {
    endpoint: `${API_BASE}/uploads/tus`,
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    metadata: { filename: single ? name : `${name}.tar` },
    removeFingerprintOnSuccess: true,
    fingerprint: async () => fingerprintOf(files),
    onProgress: events.onProgress,
    onSuccess: () => events.onDone(upload.url?.split('/').at(-1) ?? ''),
    onError: (error) => events.onFailed(problemOfUpload(error)),
    onShouldRetry: (error) => isWorthRetrying(error.originalResponse?.getStatus()),
  });
  void resumeOrStart(upload);
  return {
    pause: () => void upload.abort(),
    resume: () => upload.start(),
    cancel: () => void upload.abort(true).catch(() => undefined),
  };
}

async function resumeOrStart(upload: Upload): Promise<void> {
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  upload.start();
}

/** Names, sizes and times of what was picked: the same again means the same upload. */
function fingerprintOf(files: readonly UploadFile[]): string {
  const facts = files.map(({ path, file }) => `${path}:${file.size}:${file.lastModified ?? 0}`).toSorted();
  return `viridian-upload ${facts.join('|')}`;
}

/** What the server refused for good is not sent again; a lost connection or a busy server is. */
function isWorthRetrying(status: number | undefined): boolean {
  return (
    status === undefined ||
    status === 0 ||
    status === 409 ||
    status === 423 ||
    status === 429 ||
    (status >= 500 && status !== 507)
  );
}

function problemOfUpload(error: Error | DetailedError): Problem {
  const response = 'originalResponse' in error ? error.originalResponse : null;
  try {
    const body = JSON.parse(response?.getBody() ?? '') as Problem;
    if (body.code && body.detail) return body;
  } catch {
    // No problem body: the connection broke, or something in between answered.
  }
  return unexpectedProblem(
    'The upload stopped',
    'The connection was lost. What arrived is kept for 24 hours: pick the same files again to go on.',
  );
}
