import type { RequestBatch } from './request-record.ts';

/**
 * Body of `POST /ingest/requests`: length of the header (32 bits, little-endian), the header as JSON, padding to a multiple of 8, and the records as
 * they lie in memory, so that neither side makes an object for a record. Both ends run on one host: the numbers have its byte order.
 */
export const BATCH_VERSION = 2;
export const HEADER_LENGTH_BYTES = 4;

/** @returns the header and the records, to be sent one after the other; the records are not copied */
export function encodeRequestBatch(batch: RequestBatch): [header: Buffer, records: Buffer] {
  const { source, sequence, dropped, targets, records } = batch;
  const json = Buffer.from(JSON.stringify({ version: BATCH_VERSION, source, sequence, dropped, targets }), 'utf8');
  const header = Buffer.alloc(recordsStart(json.length));
  header.writeUInt32LE(json.length);
  json.copy(header, HEADER_LENGTH_BYTES);
  return [header, Buffer.from(records.buffer, records.byteOffset, records.byteLength)];
}

/** Where the records start in a body whose header has so many bytes. */
export function recordsStart(jsonBytes: number): number {
  return Math.ceil((HEADER_LENGTH_BYTES + jsonBytes) / 8) * 8;
}
