import { STATUS_CODES } from 'node:http';
import type { ByteWriter } from './http1/byte-writer.ts';
import { fieldId, fieldSet, HOP_BY_HOP } from './http1/field-names.ts';
import type { FieldTable } from './http1/field-table.ts';
import type { ResponseHead } from './http1/response-head.ts';
import { corsLines } from './cors.ts';
import { type GatewayAnswer, problemBody, statusOf } from './gateway-answer.ts';
import { setsStudioCookie } from './studio-cookies.ts';
import { isNominated } from './upstream-request.ts';

/**
 * Fields of a model's answer that do not reach the client: those of one connection, framing, which is written anew, the gateway's own, and those that
 * would let a model change how browsers treat the host name that it shares with others.
 */
const DROPPED = fieldSet(
  ...HOP_BY_HOP,
  'x-request-id',
  'x-ms-request-id',
  'x-ms-client-request-id',
  'azureml-model-deployment',
  'ms-azureml-model-error-statuscode',
  'ms-azureml-model-error-reason',
  'viridian-hop',
  'viridian-consumer-id',
  'clear-site-data',
  'strict-transport-security',
  'service-worker-allowed',
  'alt-svc',
);
const CORS_FIELDS = fieldSet(
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
);
const SET_COOKIE = fieldId('set-cookie');
const CONTENT_TYPE = fieldId('content-type');
const ACCEL_BUFFERING = fieldId('x-accel-buffering');

const CONTENT_LENGTH = Buffer.from('Content-Length: ', 'latin1');
const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n', 'latin1');
const CLOSE = Buffer.from('Connection: close\r\n', 'latin1');
const KEEP_ALIVE = Buffer.from('Connection: keep-alive\r\n', 'latin1');
const REQUEST_ID = Buffer.from('x-request-id: ', 'latin1');
const MS_REQUEST_ID = Buffer.from('\r\nx-ms-request-id: ', 'latin1');
const MS_CLIENT_REQUEST_ID = Buffer.from('\r\nx-ms-client-request-id: ', 'latin1');
/** HTML of a model runs in no origin and may not pretend to be another type. */
const SANDBOX = Buffer.from('Content-Security-Policy: sandbox\r\nX-Content-Type-Options: nosniff\r\n', 'latin1');
const NO_BUFFERING = Buffer.from('X-Accel-Buffering: no\r\n', 'latin1');
const CRLF = Buffer.from('\r\n', 'latin1');

/** Room for the lines that the gateway adds. */
const ADDED_BYTES = 1024;

const STATUS_LINES = new Map<number, Buffer>();

function statusLine(status: number): Buffer {
  let line = STATUS_LINES.get(status);
  if (line === undefined) {
    line = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`, 'latin1');
    STATUS_LINES.set(status, line);
  }
  return line;
}

/** How the client will see where the body ends. */
export type ClientFraming = 'none' | 'length' | 'chunked' | 'until_close';

export interface ClientResponse {
  readonly requestId: string;
  /** The caller's own id, or null. */
  readonly clientRequestId: string | null;
  /** An origin that may read the answer, or null. */
  readonly corsOrigin: string | null;
  /** `Connection` to say, where something must be said. */
  readonly connection: 'close' | 'keep-alive' | null;
}

export interface ModelResponse extends ClientResponse {
  readonly head: ResponseHead;
  /** As the client will see it. */
  readonly status: number;
  readonly framing: ClientFraming;
  /** Lines that end every answer of the deployment. */
  readonly deploymentLines: Buffer;
}

/** Most bytes that `writeModelResponse` can write for an answer. */
export function modelResponseBound(response: ModelResponse): number {
  return (
    response.head.fields.byteLength + response.deploymentLines.length + (response.corsOrigin?.length ?? 0) + ADDED_BYTES
  );
}

/** Writes the head of a model's answer for the client. The reason phrase is ours: nobody needs the model's, and it has been a way to smuggle. */
export function writeModelResponse(out: ByteWriter, response: ModelResponse): void {
  const { head, status } = response;
  out.bytes(statusLine(status));
  copyFields(out, head, response.corsOrigin !== null);
  if (response.framing === 'length') writeContentLength(out, head.contentLength);
  else if (response.framing === 'chunked') out.bytes(CHUNKED);
  else if (response.framing === 'none' && head.contentLength >= 0) writeContentLength(out, head.contentLength);
  writeContentRules(out, head.fields);
  if (head.status >= 300 || status !== head.status) {
    out.text(`ms-azureml-model-error-statuscode: ${head.status}\r\nms-azureml-model-error-reason: model_error\r\n`);
  }
  out.bytes(response.deploymentLines);
  writeClosingLines(out, response);
}

/** Writes an interim answer (1xx) of a model (RFC 9110 section 15.2). */
export function writeInterimResponse(out: ByteWriter, head: ResponseHead): void {
  out.bytes(statusLine(head.status));
  copyFields(out, head, false);
  out.bytes(CRLF);
}

/** Writes the model's `101` to a client that asked for WebSocket. */
export function writeSwitchingProtocols(out: ByteWriter, response: ModelResponse): void {
  out.bytes(statusLine(101));
  copyFields(out, response.head, response.corsOrigin !== null);
  out.text('Connection: Upgrade\r\nUpgrade: websocket\r\n');
  out.bytes(response.deploymentLines);
  writeClosingLines(out, { ...response, connection: null });
}

/** A whole answer of the gateway itself. */
export function formatGatewayAnswer(
  answer: GatewayAnswer,
  response: ClientResponse,
  toHead: boolean,
  date: string,
): string {
  const body = problemBody(answer, response.requestId);
  const lines =
    `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nDate: ${date}\r\n` +
    (answer.retryAfterSeconds === undefined ? '' : `Retry-After: ${answer.retryAfterSeconds}\r\n`) +
    (answer.fieldLines ?? '');
  return `${formatOwnHead(statusOf(answer), lines, response)}${toHead ? '' : body}`;
}

/** The head of an answer that the gateway makes itself, with these field lines. */
export function formatOwnHead(status: number, lines: string, response: ClientResponse): string {
  const cors = response.corsOrigin === null ? '' : corsLines(response.corsOrigin);
  const connection = response.connection === null ? '' : `Connection: ${response.connection}\r\n`;
  const clientId = response.clientRequestId === null ? '' : `x-ms-client-request-id: ${response.clientRequestId}\r\n`;
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${lines}${cors}${connection}${clientId}` +
    `x-ms-request-id: ${response.clientRequestId ?? response.requestId}\r\nx-request-id: ${response.requestId}\r\n\r\n`
  );
}

function copyFields(out: ByteWriter, head: ResponseHead, dropsCors: boolean): void {
  const { fields, nominated } = head;
  let runStart = -1;
  for (let line = 0; line < fields.count; line += 1) {
    const id = fields.ids[line] as number;
    const known = id < 0 ? -id : id;
    const isDropped =
      DROPPED[known] === 1 ||
      (dropsCors && CORS_FIELDS[known] === 1) ||
      (id === SET_COOKIE && setsStudioCookie(fields.value(line))) ||
      (nominated !== null && isNominated(fields, line, nominated));
    if (!isDropped) {
      if (runStart < 0) runStart = fields.lineStart(line);
      continue;
    }
    if (runStart >= 0) out.copy(fields.bytes, runStart, fields.lineStart(line));
    runStart = -1;
  }
  if (runStart >= 0) out.copy(fields.bytes, runStart, fields.lineEnd(fields.count - 1));
}

function writeContentLength(out: ByteWriter, length: number): void {
  out.bytes(CONTENT_LENGTH);
  out.decimal(length);
  out.bytes(CRLF);
}

/** Extra rules for the two content types that browsers treat in a special way. */
function writeContentRules(out: ByteWriter, fields: FieldTable): void {
  const line = fields.lineOf(CONTENT_TYPE);
  if (line < 0) return;
  const start = fields.valueStart(line);
  // "text/" is followed by "h" for HTML and "e" for event-stream; nearly every answer stops at the first letter.
  if (((fields.bytes[start] as number) | 0x20) !== 0x74) return;
  const type = fields.value(line).toLowerCase();
  if (type.startsWith('text/html')) out.bytes(SANDBOX);
  else if (type.startsWith('text/event-stream') && !fields.has(ACCEL_BUFFERING)) out.bytes(NO_BUFFERING);
}

function writeClosingLines(out: ByteWriter, response: ClientResponse): void {
  if (response.corsOrigin !== null) out.text(corsLines(response.corsOrigin));
  if (response.connection === 'close') out.bytes(CLOSE);
  else if (response.connection === 'keep-alive') out.bytes(KEEP_ALIVE);
  out.bytes(REQUEST_ID);
  out.text(response.requestId);
  if (response.clientRequestId === null) {
    out.bytes(MS_REQUEST_ID);
    out.text(response.requestId);
  } else {
    out.bytes(MS_REQUEST_ID);
    out.text(response.clientRequestId);
    out.bytes(MS_CLIENT_REQUEST_ID);
    out.text(response.clientRequestId);
  }
  out.bytes(CRLF);
  out.bytes(CRLF);
}
