import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UploadRecord } from '#server/domain/upload.ts';
import { answerEarly } from '#server/kernel/answer-early.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { ERROR_CATALOGUE, toProblem } from '#server/kernel/error-catalogue.ts';
import { withIdleLimit } from './idle-limit.ts';
import { parseUploadMetadata } from './tus-metadata.ts';
import { UploadTurns } from './upload-turns.ts';
import type { UploadReceiver } from './upload-receiver.ts';

const TUS_VERSION = '1.0.0';
const EXTENSIONS = 'creation,creation-with-upload,termination,expiration';
const OFFSET_STREAM = 'application/offset+octet-stream';

type Headers = Record<string, string>;
interface Answer {
  status: number;
  headers: Headers;
}

type TusUploads = Pick<UploadReceiver, 'begin' | 'get' | 'append' | 'finish' | 'remove' | 'limits'>;

/**
 * The tus resumable upload protocol 1.0.0 (https://tus.io/protocols/resumable-upload) with creation, creation-with-upload, termination and
 * expiration. An offset is answered only when the bytes below it are on the disk. The final PATCH answers after the content was made:
 * 204, or 422 with a problem body when the archive was refused.
 */
export function createTusHandler(
  uploads: TusUploads,
): (request: IncomingMessage, response: ServerResponse, requestId: string) => Promise<void> {
  const turns = new UploadTurns();

  async function route(request: IncomingMessage): Promise<Answer> {
    if (request.method === 'OPTIONS') return describeServer(uploads.limits.maxUploadBytes);
    if (request.headers['tus-resumable'] !== TUS_VERSION)
      throw new AppError('request.precondition_failed', `Send the header Tus-Resumable: ${TUS_VERSION}.`);
    const { collection, id } = parsePath(request);
    if (id === null) {
      if (request.method === 'POST') return create(request, collection);
    } else if (request.method === 'HEAD' || request.method === 'PATCH' || request.method === 'DELETE') {
      const { method } = request;
      const dismiss = (): void => {
        // A request that has come completely is being worked on, which nothing shortens.
        if (!request.complete) request.destroy();
      };
      return turns.take(id, dismiss, () => answerFor(method, id, request));
    }
    throw new AppError('request.method_not_allowed', `${request.method} is not part of the upload protocol here.`);
  }

  function answerFor(method: 'HEAD' | 'PATCH' | 'DELETE', id: string, request: IncomingMessage): Promise<Answer> {
    if (method === 'HEAD') return head(id);
    return method === 'PATCH' ? patch(id, request) : terminate(id);
  }

  async function create(request: IncomingMessage, collection: string): Promise<Answer> {
    const sizeBytes = parseNumber(request, 'upload-length');
    const { filename, unpack } = parseUploadMetadata(request.headers['upload-metadata']);
    const begun = await uploads.begin({ filename, unpack, sizeBytes });
    const hasBody = request.headers['content-type'] === OFFSET_STREAM;
    const record = hasBody || sizeBytes === 0 ? await receive(begun, request) : begun;
    const location = `${collection}/${record.id}`;
    return { status: 201, headers: { location, ...offsetHeaders(record), ...expiryHeaders(record) } };
  }

  async function head(id: string): Promise<Answer> {
    let record = await uploads.get(id);
    // A client that lost the last answer asks here whether the upload arrived: it must hear of a refusal.
    if (record.sizeBytes > 0 && record.receivedBytes === record.sizeBytes) record = await uploads.finish(record);
    const metadata = `filename ${Buffer.from(record.filename).toString('base64')}`;
    const headers = {
      'upload-length': String(record.sizeBytes),
      'upload-metadata': metadata,
      'cache-control': 'no-store',
    };
    return { status: 200, headers: { ...headers, ...offsetHeaders(record), ...expiryHeaders(record) } };
  }

  async function patch(id: string, request: IncomingMessage): Promise<Answer> {
    if (request.headers['content-type'] !== OFFSET_STREAM)
      throw new AppError('request.unsupported_media_type', `Send the bytes as ${OFFSET_STREAM}.`);
    const offset = parseNumber(request, 'upload-offset');
    const record = await uploads.get(id);
    if (record.state === 'receiving' && record.receivedBytes !== offset) throw offsetMismatch(record, offset);
    const received = await receive(record, request);
    return { status: 204, headers: { ...offsetHeaders(received), ...expiryHeaders(received) } };
  }

  async function receive(record: UploadRecord, request: IncomingMessage): Promise<UploadRecord> {
    const isOpen = record.state === 'receiving' && record.receivedBytes < record.sizeBytes;
    const current = isOpen ? await uploads.append(record, withIdleLimit(request), record.sizeBytes) : record;
    return current.receivedBytes === current.sizeBytes ? uploads.finish(current) : current;
  }

  async function terminate(id: string): Promise<Answer> {
    await uploads.remove(id);
    return { status: 204, headers: {} };
  }

  return async (request, response, requestId) => {
    try {
      const { status, headers } = await route(request);
      response.writeHead(status, { 'tus-resumable': TUS_VERSION, ...headers });
      response.end();
    } catch (error) {
      answerProblem(request, response, error, requestId);
    }
  };
}

function answerProblem(request: IncomingMessage, response: ServerResponse, error: unknown, requestId: string): void {
  // The sender is gone, or was sent away because it came back on another connection.
  if (request.destroyed && !request.complete) return void response.destroy();
  const problem = toProblem(error, requestId);
  const body = Buffer.from(JSON.stringify(problem));
  const headers: Headers = { 'tus-resumable': TUS_VERSION, 'content-type': 'application/problem+json' };
  if (problem.status === ERROR_CATALOGUE['request.precondition_failed'].status) headers['tus-version'] = TUS_VERSION;
  headers['content-length'] = String(body.length);
  if (request.complete) return void response.writeHead(problem.status, headers).end(body);
  // What is left of the request's body may be gigabytes that nobody wants.
  response.writeHead(problem.status, { ...headers, connection: 'close' });
  answerEarly(request, response, body);
}

function describeServer(maxBytes: number): Answer {
  const headers = { 'tus-version': TUS_VERSION, 'tus-extension': EXTENSIONS, 'tus-max-size': String(maxBytes) };
  return { status: 204, headers };
}

/** The collection's path and the id behind it; ids never contain a slash. */
function parsePath(request: IncomingMessage): { collection: string; id: string | null } {
  const path = (request.url ?? '/').split('?')[0]!.replace(/\/+$/, '');
  const match = /^(.*\/tus)(?:\/([^/]+))?$/.exec(path);
  if (match === null) throw new AppError('request.not_found', 'There is no upload at this address.');
  return { collection: match[1]!, id: match[2] ?? null };
}

function parseNumber(request: IncomingMessage, name: 'upload-length' | 'upload-offset'): number {
  const value = request.headers[name];
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new AppError('request.malformed', `The header ${name} must be a whole number of bytes.`);
}

function offsetHeaders(record: UploadRecord): Headers {
  return { 'upload-offset': String(record.receivedBytes) };
}

/** Date format of RFC 9110 section 5.6.7, as the expiration extension demands. */
function expiryHeaders(record: UploadRecord): Headers {
  return record.state === 'receiving' ? { 'upload-expires': new Date(record.expiresAt).toUTCString() } : {};
}

function offsetMismatch(record: UploadRecord, offset: number): AppError {
  const text = `The upload has ${record.receivedBytes} bytes, not ${offset}. Ask for its offset with HEAD and go on from there.`;
  return new AppError('upload.offset_mismatch', text, { details: { upload_offset: record.receivedBytes } });
}
