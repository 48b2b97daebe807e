import { at, equalsIgnoringCase, isDigit } from './octets.ts';
import { fieldId } from './field-names.ts';
import { type FieldTable, visitTokens } from './field-table.ts';
import { FAULTS, type ProtocolFault } from './protocol-fault.ts';

const CONTENT_LENGTH = fieldId('content-length');
const TRANSFER_ENCODING = fieldId('transfer-encoding');
const CONNECTION = fieldId('connection');

/** How the end of a body is known (RFC 9112 section 6.3). */
export const BODY_NONE = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
/** Only answers: the body ends with the connection. */
export const BODY_UNTIL_CLOSE = 3;
export type BodyKind = typeof BODY_NONE | typeof BODY_LENGTH | typeof BODY_CHUNKED | typeof BODY_UNTIL_CLOSE;

/** What a head says about the body and the connection. */
export interface Framing {
  bodyKind: BodyKind;
  /** The Content-Length, -1 where there is none. */
  contentLength: number;
}

/** Longest run of digits that is an exact integer in a double. */
const MAX_LENGTH_DIGITS = 15;

/**
 * Parses a Content-Length: decimal digits without sign, list or leading zeros (RFC 9110 section 8.6 allows more, and every liberty there has been a
 * smuggling hole somewhere).
 * @returns the number, or -1
 */
export function parseContentLength(bytes: Buffer, start: number, end: number): number {
  const digits = end - start;
  if (digits < 1 || digits > MAX_LENGTH_DIGITS) return -1;
  if (at(bytes, start) === 0x30 && digits > 1) return -1;
  let value = 0;
  for (let p = start; p < end; p += 1) {
    if (!isDigit(at(bytes, p))) return -1;
    value = value * 10 + at(bytes, p) - 0x30;
  }
  return value;
}

/**
 * Reads Content-Length and Transfer-Encoding into `framing`; a head with neither, or with a length of 0, gets BODY_NONE. Strict where RFC 9112 section 6.1 lets a recipient
 * choose: both together, any repetition, and any coding but a single `chunked` are refused.
 */
export function readFraming(fields: FieldTable, minorVersion: number, framing: Framing): ProtocolFault | null {
  framing.bodyKind = BODY_NONE;
  framing.contentLength = -1;
  const codingLine = fields.lineOf(TRANSFER_ENCODING);
  const lengthLine = fields.lineOf(CONTENT_LENGTH);
  if (codingLine >= 0) {
    if (lengthLine >= 0) return FAULTS.bothLengths;
    const fault = checkTransferEncoding(fields, codingLine, minorVersion);
    if (fault === null) framing.bodyKind = BODY_CHUNKED;
    return fault;
  }
  if (lengthLine < 0) return null;
  if (fields.isRepeated(CONTENT_LENGTH)) return FAULTS.contentLength;
  const length = parseContentLength(fields.bytes, fields.valueStart(lengthLine), fields.valueEnd(lengthLine));
  if (length < 0) return FAULTS.contentLength;
  framing.contentLength = length;
  framing.bodyKind = length === 0 ? BODY_NONE : BODY_LENGTH;
  return null;
}

function checkTransferEncoding(fields: FieldTable, line: number, minorVersion: number): ProtocolFault | null {
  if (minorVersion === 0 || fields.isRepeated(TRANSFER_ENCODING)) return FAULTS.transferEncoding;
  if (fields.valueEquals(line, 'chunked')) return null;
  let tokens = 0;
  const isList = visitTokens(fields.bytes, fields.valueStart(line), fields.valueEnd(line), () => {
    tokens += 1;
    return true;
  });
  return isList && tokens === 1 && !endsWithComma(fields, line)
    ? FAULTS.transferCodingUnknown
    : FAULTS.transferEncoding;
}

function endsWithComma(fields: FieldTable, line: number): boolean {
  return fields.value(line).includes(',');
}

/** What the Connection fields of a head say. */
export interface ConnectionOptions {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** Lower-case names of fields that must not be forwarded, besides those that never are; null when there are none. */
  nominated: Buffer[] | null;
}

/**
 * Reads every Connection field into `options` (RFC 9110 section 7.6.1).
 * @returns false when one of them is no list of tokens
 */
export function readConnection(fields: FieldTable, options: ConnectionOptions): boolean {
  options.close = false;
  options.keepAlive = false;
  options.upgrade = false;
  options.nominated = null;
  const first = fields.lineOf(CONNECTION);
  if (first < 0) return true;
  if (!readConnectionLine(fields, first, options)) return false;
  if (!fields.isRepeated(CONNECTION)) return true;
  for (let line = first + 1; line < fields.count; line += 1) {
    if (fields.ids[line] === CONNECTION && !readConnectionLine(fields, line, options)) return false;
  }
  return true;
}

function readConnectionLine(fields: FieldTable, line: number, options: ConnectionOptions): boolean {
  const { bytes } = fields;
  const start = fields.valueStart(line);
  const end = fields.valueEnd(line);
  // What nearly every message says, without a closure.
  if (equalsIgnoringCase(bytes, start, end, 'keep-alive')) {
    options.keepAlive = true;
    return true;
  }
  if (equalsIgnoringCase(bytes, start, end, 'close')) {
    options.close = true;
    return true;
  }
  return visitTokens(bytes, start, end, (tokenStart, tokenEnd) => {
    const token = bytes.toString('latin1', tokenStart, tokenEnd).toLowerCase();
    if (token === 'close') options.close = true;
    else if (token === 'keep-alive') options.keepAlive = true;
    else if (token === 'upgrade') options.upgrade = true;
    else (options.nominated ??= []).push(Buffer.from(token, 'latin1'));
    return true;
  });
}
