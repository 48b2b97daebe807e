import { defaultOptions, type DetailedError, Upload } from 'tus-js-client';
import type { Problem } from '#lib/contracts/problem.ts';
import { API_BASE } from '#lib/queries/fetch-json.ts';
import { unexpectedProblem } from '#lib/queries/api-problem.ts';
import { fingerprintOf } from './fingerprint.ts';
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

/**
 * What becomes of a selection on the server: a `folder` keeps its name as the one top entry, of a `content` only what is in the folder is kept, and a
 * `packed` file stays the archive that it is.
 */
export type Packing = 'folder' | 'content' | 'packed';

/** What is sent for a selection: one file as it is, several as one tar archive that holds their folder. */
export interface UploadBody {
  filename: string;
  isFolder: boolean;
  blob: Blob;
}

/** @throws Error for a path or file that a tar archive cannot hold */
export function uploadBody(files: readonly UploadFile[], packing: Packing = 'folder'): UploadBody {
  const [only] = files;
  if (files.length === 1 && only !== undefined && !only.path.includes('/')) {
    return { filename: only.path, isFolder: false, blob: only.file };
  }
  const folder = folderOf(files);
  const place =
    packing === 'content' ? withoutTop : (path: string) => (path.includes('/') ? path : `${folder}/${path}`);
  const inFolder = files.map(({ path, file }) => ({ path: place(path), file }));
  // The same selection must give the same bytes, or a resumed upload would be spliced from two.
  const sorted = inFolder.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { filename: `${folder}.tar`, isFolder: true, blob: createTarBlob(sorted) };
}

const withoutTop = (path: string): string => path.slice(path.indexOf('/') + 1);

/** The folder that was picked; for loose files, named after the model among them. */
function folderOf(files: readonly UploadFile[]): string {
  const inside = files.find(({ path }) => path.includes('/'));
  if (inside) return inside.path.split('/')[0]!;
  const model = files.find(({ path }) => path.endsWith('.onnx'));
  return model ? model.path.replace(/\.onnx$/, '') : 'model';
}

/**
 * Sends a selection in pieces that survive a lost connection. The same files picked again after a reload go on where they stopped
 * (tus 1.0.0, https://tus.io/protocols/resumable-upload).
 */
export function startUpload(
  files: readonly UploadFile[],
  { filename, blob }: UploadBody,
  events: UploadEvents,
  packing: Packing = 'folder',
): RunningUpload {
  const upload = new Upload(blob as File, {
    endpoint: `${API_BASE}/uploads/tus`,
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    metadata: { filename, ...(packing === 'packed' && { unpack: 'false' }) },
    removeFingerprintOnSuccess: true,
    // The same files packed otherwise are other bytes, or become other files.
    fingerprint: async () => `${fingerprintOf(files)}${packing === 'folder' ? '' : `-${packing}`}`,
    onProgress: events.onProgress,
    onSuccess: () => events.onDone(idOfUrl(upload.url)),
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

function idOfUrl(url: string | null): string {
  return url?.split('/').at(-1) ?? '';
}

/** An upload that this browser began and did not finish. */
export interface UnfinishedUpload {
  id: string;
  filename: string;
  sizeBytes: number;
  /** Makes this browser forget it; the server does by itself after a day. */
  forget: () => Promise<void>;
}

export async function listUnfinishedUploads(): Promise<UnfinishedUpload[]> {
  const storage = defaultOptions.urlStorage;
  const stored = await storage.findAllUploads();
  return stored.map(({ uploadUrl, metadata, size, urlStorageKey }) => ({
    id: idOfUrl(uploadUrl),
    filename: metadata['filename'] ?? '',
    sizeBytes: size ?? 0,
    forget: () => storage.removeUpload(urlStorageKey),
  }));
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
