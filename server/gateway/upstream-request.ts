import type { ByteWriter } from './http1/byte-writer.ts';
import { fieldId, fieldSet, HOP_BY_HOP } from './http1/field-names.ts';
import type { FieldTable } from './http1/field-table.ts';
import { BODY_CHUNKED } from './http1/message-framing.ts';
import type { RequestHead } from './http1/request-head.ts';
import { authorityRange, type RouteMatch } from './match-route.ts';
import { mayHoldStudioCookie, withoutStudioCookies } from './studio-cookies.ts';
import type { UpstreamTarget } from './upstream-target.ts';
import { continueTrace, MAX_TRACESTATE_BYTES } from './trace-context.ts';

/**
 * Fields that never go to a model as they came: those of one connection (RFC 9110 section 7.6.1), framing, which is written anew, credentials, and
 * everything that the gateway vouches for and therefore writes itself.
 */
const DROPPED = fieldSet(
  ...HOP_BY_HOP,
  'host',
  'expect',
  'authorization',
  'api-key',
  'x-api-key',
  'x-request-id',
  'x-ms-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'forwarded',
  'x-real-ip',
  'traceparent',
  'tracestate',
  'azureml-model-deployment',
  'azureml-mirrored',
  'viridian-hop',
  'viridian-consumer-id',
);
const COOKIE = fieldId('cookie');
const TE = fieldId('te');
const TRACEPARENT = fieldId('traceparent');
const TRACESTATE = fieldId('tracestate');

const HTTP_1_1 = Buffer.from(' HTTP/1.1\r\n', 'latin1');
const CONTENT_LENGTH = Buffer.from('Content-Length: ', 'latin1');
const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n', 'latin1');
const EXPECT_CONTINUE = Buffer.from('Expect: 100-continue\r\n', 'latin1');
const TE_TRAILERS = Buffer.from('Connection: TE\r\nTE: trailers\r\n', 'latin1');
const UPGRADE_WEBSOCKET = Buffer.from('Connection: Upgrade\r\nUpgrade: websocket\r\n', 'latin1');
const FORWARDED_HOST = Buffer.from('X-Forwarded-Host: ', 'latin1');
const REQUEST_ID = Buffer.from('x-request-id: ', 'latin1');
const CONSUMER_ID = Buffer.from('\r\nviridian-consumer-id: ', 'latin1');
const MIRRORED = Buffer.from('azureml-mirrored: true\r\n', 'latin1');
const CRLF = Buffer.from('\r\n', 'latin1');

/** Room for the lines that the gateway adds, besides those whose length is known. */
const ADDED_BYTES = 1024;

export interface UpstreamRequest {
  readonly head: RequestHead;
  readonly match: RouteMatch;
  readonly requestId: string;
  /** Id of the key that was shown, '' where none was needed. */
  readonly consumerId: string;
  readonly target: UpstreamTarget;
  /** Lines that say where the request came from (see `forwardedLines`). */
  readonly connectionLines: Buffer;
  readonly expectContinue: boolean;
  readonly upgrade: boolean;
  readonly mirrored: boolean;
  /** Length to announce instead of the client's framing, for bodies that are held in full; -1 keeps the framing. */
  readonly bodyLength: number;
}

/** Most bytes that `writeUpstreamHead` can write for a request. */
export function upstreamHeadBound(request: UpstreamRequest): number {
  const { fields, end } = request.head;
  return end + fields.byteLength + request.target.byteLength + request.connectionLines.length + ADDED_BYTES;
}

/**
 * Writes the head of a request to a model: the only place where one is made. Fields are copied in runs of untouched octets; ours come
 * after the client's have been removed, so that naming one in Connection cannot take it away.
 */
export function writeUpstreamHead(out: ByteWriter, request: UpstreamRequest): void {
  const { head, match, target } = request;
  out.text(head.method);
  if (target.pathPrefix !== null && !head.isAsterisk) out.bytes(target.pathPrefix);
  else out.text(' ');
  if (match.needsSlash) out.text('/');
  out.copy(head.bytes, match.forwardStart, head.end);
  out.bytes(HTTP_1_1);
  out.bytes(target.lines);
  copyFields(out, head, target.ownNames);
  writeFraming(out, request);
  writeForwardedHost(out, head);
  out.bytes(request.connectionLines);
  if (head.fields.has(TRACEPARENT)) writeTrace(out, head.fields);
  if (request.upgrade) out.bytes(UPGRADE_WEBSOCKET);
  else if (acceptsTrailers(head.fields)) out.bytes(TE_TRAILERS);
  if (request.mirrored) out.bytes(MIRRORED);
  out.bytes(REQUEST_ID);
  out.text(request.requestId);
  if (request.consumerId !== '') {
    out.bytes(CONSUMER_ID);
    out.text(request.consumerId);
  }
  out.bytes(CRLF);
  out.bytes(CRLF);
}

/** Whether the client can use trailer fields (RFC 9110 section 10.1.4). */
export function acceptsTrailers(fields: FieldTable): boolean {
  const line = fields.lineOf(TE);
  return line >= 0 && /(?:^|,)\s*trailers\s*(?:,|$)/i.test(fields.value(line));
}

/**
 * Copies the fields of a head, run by run. Fields the client named in Connection are of that connection only. A name that differs from a dropped
 * one by `_` for `-` is dropped too: many servers cannot tell the two apart.
 */
function copyFields(out: ByteWriter, head: RequestHead, ownNames: readonly Buffer[] | null): void {
  const { fields, nominated } = head;
  let runStart = -1;
  for (let line = 0; line < fields.count; line += 1) {
    const id = fields.ids[line] as number;
    const isDropped =
      DROPPED[id < 0 ? -id : id] === 1 ||
      (nominated !== null && isNominated(fields, line, nominated)) ||
      (ownNames !== null && isNominated(fields, line, ownNames));
    const isRewritten =
      id === COOKIE && mayHoldStudioCookie(fields.bytes.subarray(fields.valueStart(line), fields.valueEnd(line)));
    if (!isDropped && !isRewritten) {
      if (runStart < 0) runStart = fields.lineStart(line);
      continue;
    }
    if (runStart >= 0) out.copy(fields.bytes, runStart, fields.lineStart(line));
    runStart = -1;
    if (!isDropped) writeCookie(out, fields.value(line));
  }
  if (runStart >= 0) out.copy(fields.bytes, runStart, fields.lineEnd(fields.count - 1));
}

export function isNominated(fields: FieldTable, line: number, nominated: readonly Buffer[]): boolean {
  return nominated.some((name) => fields.nameEqualsName(line, name));
}

function writeCookie(out: ByteWriter, cookie: string): void {
  const kept = withoutStudioCookies(cookie);
  if (kept !== '') out.text(`Cookie: ${kept}\r\n`);
}

function writeFraming(out: ByteWriter, request: UpstreamRequest): void {
  const { head } = request;
  const length = request.bodyLength >= 0 ? request.bodyLength : head.contentLength;
  if (length >= 0) {
    out.bytes(CONTENT_LENGTH);
    out.decimal(length);
    out.bytes(CRLF);
  } else if (head.bodyKind === BODY_CHUNKED) {
    out.bytes(CHUNKED);
  }
  if (request.expectContinue) out.bytes(EXPECT_CONTINUE);
}

function writeForwardedHost(out: ByteWriter, head: RequestHead): void {
  const [start, end] = authorityRange(head);
  if (end === start) return;
  out.bytes(FORWARDED_HOST);
  out.copy(head.bytes, start, end);
  out.bytes(CRLF);
}

function writeTrace(out: ByteWriter, fields: FieldTable): void {
  const repeated = fields.isRepeated(TRACEPARENT);
  const { traceparent, continued } = continueTrace(repeated ? '' : (fields.valueOf(TRACEPARENT) as string));
  out.text(`traceparent: ${traceparent}\r\n`);
  const state = fields.valueOf(TRACESTATE);
  if (continued && state !== null && state.length <= MAX_TRACESTATE_BYTES) out.text(`tracestate: ${state}\r\n`);
}

/**
 * Lines that are the same for all requests of a client connection: what earlier hops claim is not passed on, because nothing vouches for it
 * (RFC 7239 section 8.1).
 */
export function forwardedLines(
  peer: { address: string; localPort: number; protocol: string; httpVersion: string },
  hopId: string,
): Buffer {
  return Buffer.from(
    `X-Forwarded-For: ${peer.address}\r\nX-Forwarded-Proto: ${peer.protocol}\r\nX-Forwarded-Port: ${peer.localPort}\r\n` +
      `Via: ${peer.httpVersion} viridian\r\nviridian-hop: ${hopId}\r\n`,
    'latin1',
  );
}
