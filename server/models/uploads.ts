import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { DetectedModel, ModelFile } from '#lib/contracts/model.ts';
import type { Upload, UploadDetail } from '#lib/contracts/upload.ts';
import type { UploadRecord } from '#server/domain/upload.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { withIdleLimit } from './idle-limit.ts';
import { createTusHandler } from './tus-handler.ts';
import { digestBytes } from './upload-bytes.ts';
import { UploadReceiver, type UploadIntent, type UploadReceiverOptions } from './upload-receiver.ts';

export interface UploadsOptions extends UploadReceiverOptions {
  /** Says what kind of model lies in a folder. */
  detect: (folder: string) => Promise<DetectedModel>;
}

/** A finished upload, for a model to take its files from. */
export interface UploadContent {
  folder: string;
  files: ModelFile[];
}

export interface Uploads {
  /**
   * Takes a whole upload out of one stream; nothing of it is left when that fails.
   * @throws AppError request.invalid, request.too_large, request.malformed, upload.no_space, upload.archive_refused
   */
  receiveOneShot(intent: UploadIntent, body: Readable): Promise<Upload>;
  /**
   * Reads a whole upload and keeps nothing of it but its SHA-256 in hex.
   * @throws AppError request.too_large, request.malformed
   */
  digest(intent: UploadIntent, body: Readable): Promise<string>;
  /** Serves tus 1.0 on a raw request whose path is the collection or ends with an upload's id. Never rejects. */
  tusHandler(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void>;
  /**
   * What is known of an upload. Of a refused one, `detected.reason` says why it was refused.
   * @throws AppError upload.not_found
   */
  describe(id: string, options?: { detect?: boolean }): Promise<UploadDetail>;
  /** @throws AppError upload.not_found, upload.in_use while it is not complete, upload.archive_refused */
  openForModel(id: string): Promise<UploadContent>;
  /** Notes that a model was made of it. */
  markUsed(id: string): Promise<void>;
  /** @throws AppError upload.not_found, upload.in_use while it is being unpacked */
  remove(id: string): Promise<void>;
  /** Removes what expired, and files that have belonged to no row for long; models keep their own files. @returns how many were removed */
  collectExpired(): Promise<number>;
  /** Removes every folder that belongs to no row. To be called before uploads can begin. @returns how many were removed */
  removeOrphans(): Promise<number>;
}

export function createUploads(options: UploadsOptions): Uploads {
  const receiver = new UploadReceiver(options);
  return {
    receiveOneShot: (intent, body) => receiveOneShot(receiver, intent, body),
    digest: (intent, body) => digestOneShot(receiver, intent, body),
    tusHandler: createTusHandler(receiver),
    describe: async (id, { detect = false } = {}) => {
      const record = await receiver.get(id);
      finishLeftover(receiver, record);
      const detected = detect ? await describeContent(receiver, record, options.detect) : null;
      return { ...toUpload(record), entries: record.entries, detected };
    },
    openForModel: (id) => openForModel(receiver, id),
    markUsed: (id) => receiver.setState(id, 'used'),
    remove: (id) => receiver.remove(id),
    collectExpired: () => receiver.collectExpired(),
    removeOrphans: () => receiver.removeOrphans(),
  };
}

async function receiveOneShot(receiver: UploadReceiver, intent: UploadIntent, body: Readable): Promise<Upload> {
  const begun = await receiver.begin(intent);
  try {
    const received = await receiver.append(begun, withIdleLimit(body), mostBytes(receiver, intent));
    refuseShort(intent, received.receivedBytes);
    return toUpload(await receiver.finish(received));
  } catch (error) {
    await receiver.remove(begun.id);
    throw error;
  }
}

async function digestOneShot(receiver: UploadReceiver, intent: UploadIntent, body: Readable): Promise<string> {
  const { sha256, sizeBytes } = await digestBytes(withIdleLimit(body), mostBytes(receiver, intent));
  refuseShort(intent, sizeBytes);
  return sha256;
}

const mostBytes = ({ limits }: UploadReceiver, { sizeBytes }: UploadIntent): number =>
  Math.min(sizeBytes ?? limits.maxUploadBytes, limits.maxUploadBytes);

function refuseShort({ sizeBytes }: UploadIntent, received: number): void {
  if (sizeBytes === null || received >= sizeBytes) return;
  throw new AppError('request.malformed', 'The body ended before all announced bytes had come. Send it again.');
}

async function openForModel(receiver: UploadReceiver, id: string): Promise<UploadContent> {
  const record = await receiver.get(id);
  if (record.state === 'refused') throw new AppError('upload.archive_refused', await receiver.refusalOf(id));
  if (record.state === 'receiving') {
    const text = `The upload is not complete: ${record.receivedBytes} of ${record.sizeBytes} bytes have come. Finish it first.`;
    throw new AppError('upload.in_use', text);
  }
  return { folder: receiver.contentFolder(id), files: record.entries };
}

/** An upload whose last byte came just before a crash: looking at it is reason enough to finish it. */
function finishLeftover(receiver: UploadReceiver, record: UploadRecord): void {
  if (record.state !== 'receiving' || record.receivedBytes !== record.sizeBytes || record.sizeBytes === 0) return;
  // Whether it works out shows in the row, which is what everybody looks at.
  receiver.finish(record).catch(() => undefined);
}

async function describeContent(
  receiver: UploadReceiver,
  record: UploadRecord,
  detect: UploadsOptions['detect'],
): Promise<DetectedModel | null> {
  if (record.state === 'ready' || record.state === 'used') return detect(receiver.contentFolder(record.id));
  if (record.state !== 'refused') return null;
  const nothing = { entry: null, inputs: [], outputs: [], sample_request: null, onnx: null, warnings: [] };
  return { format: 'unknown', servable: false, reason: await receiver.refusalOf(record.id), ...nothing };
}

export function toUpload(record: UploadRecord): Upload {
  return {
    id: record.id,
    filename: record.filename,
    sha256: record.sha256,
    size_bytes: record.sizeBytes,
    files: record.fileCount,
    state: record.state,
    received_bytes: record.receivedBytes,
    created_at: formatInstant(record.createdAt),
    expires_at: formatInstant(record.expiresAt),
  };
}
