import type { ByteWriter } from './http1/byte-writer.ts';
import type { FieldTable } from './http1/field-table.ts';
import { fieldSet, HOP_BY_HOP } from './http1/field-names.ts';

/** Size line (up to 13 digits) and the two line ends of one chunk. */
const CHUNK_OVERHEAD = 17;
const LAST_CHUNK_BYTES = 5;

/**
 * Fields that must not be smuggled in behind a body, where nobody looks at them again: framing, routing, credentials, and what says how to read the body
 * (RFC 9110 section 6.5.1).
 */
const NOT_IN_TRAILERS = fieldSet(
  ...HOP_BY_HOP,
  'host',
  'expect',
  'authorization',
  'api-key',
  'x-api-key',
  'cookie',
  'set-cookie',
  'content-type',
  'x-request-id',
  'x-ms-request-id',
  'azureml-model-deployment',
  'clear-site-data',
  'strict-transport-security',
  'alt-svc',
  'access-control-allow-origin',
  'access-control-allow-credentials',
);
const FORBIDDEN_PREFIX = /^content-|^access-control-|^x-forwarded-|^viridian-/i;

/** Most bytes that a body of `bytes` in `chunks` chunks needs in chunked coding, the last chunk included. */
export function chunkedBound(bytes: number, chunks: number): number {
  return bytes + chunks * CHUNK_OVERHEAD + LAST_CHUNK_BYTES;
}

export function writeChunk(out: ByteWriter, bytes: Buffer, start: number, end: number): void {
  out.hex(end - start);
  out.text('\r\n');
  out.copy(bytes, start, end);
  out.text('\r\n');
}

/** Ends a chunked body. @param trailers fields to send behind it, where the recipient asked for them */
export function writeLastChunk(out: ByteWriter, trailers: FieldTable | null): void {
  out.text('0\r\n');
  if (trailers !== null) copyTrailers(out, trailers);
  out.text('\r\n');
}

function copyTrailers(out: ByteWriter, trailers: FieldTable): void {
  for (let line = 0; line < trailers.count; line += 1) {
    if (mayTrail(trailers, line)) out.copy(trailers.bytes, trailers.lineStart(line), trailers.lineEnd(line));
  }
}

function mayTrail(trailers: FieldTable, line: number): boolean {
  const id = trailers.ids[line] as number;
  if (NOT_IN_TRAILERS[id < 0 ? -id : id] === 1) return false;
  return !FORBIDDEN_PREFIX.test(trailers.bytes.toString('latin1', trailers.lineStart(line), trailers.nameEnd(line)));
}
