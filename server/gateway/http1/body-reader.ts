import { at, CR, FIELD_VALUE_CLASS, HEX_VALUE, HTAB, LF, SEMICOLON, SP } from './octets.ts';
import { FieldTable, NEED_MORE, REFUSED } from './field-table.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, type BodyKind } from './message-framing.ts';
import { FAULTS, type ProtocolFault } from './protocol-fault.ts';

/** Hexadecimal digits of a chunk size: 13 keep it an exact integer. */
const MAX_SIZE_DIGITS = 13;
/** All chunk extensions of one message together: nobody needs them, and they are a way to send bytes that count as no body. */
const MAX_EXTENSION_BYTES = 4 * 1024;
const MAX_TRAILER_BYTES = 8 * 1024;

const SIZE = 0;
const BLANK_BEFORE_EXTENSION = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILER = 7;

/** Takes the octets of a body, in order, as ranges of the buffers they came in; these may be used again after the call. */
export interface BodySink {
  onBodyData(bytes: Buffer, start: number, end: number): void;
}

/**
 * Reads one body after another: finds where each ends and hands its octets on without copying. Chunked coding is decoded octet by octet outside the
 * data (RFC 9112 section 7.1): extensions are dropped, anything malformed is a fault, and packet boundaries do not matter.
 */
export class BodyReader {
  kind: BodyKind = BODY_NONE;
  done = true;
  fault: ProtocolFault = FAULTS.chunk;
  /** Trailer fields of the chunked body that just ended; null when there were none. */
  trailers: FieldTable | null = null;
  /** Octets left of a BODY_LENGTH body or of the current chunk. */
  remaining = 0;
  private state = SIZE;
  private digits = 0;
  private extensionBytes = 0;
  private trailerBytes: Buffer | null = null;

  start(kind: BodyKind, contentLength: number): void {
    this.kind = kind;
    this.done = kind === BODY_NONE;
    this.remaining = kind === BODY_LENGTH ? contentLength : 0;
    this.trailers = null;
    this.state = SIZE;
    this.digits = 0;
    this.extensionBytes = 0;
    this.trailerBytes = null;
  }

  /**
   * Consumes octets of the body from `bytes[start, end)`.
   * @returns the position of the first octet that is not the body's, or REFUSED with `fault` set
   */
  read(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    if (this.done) return start;
    if (this.kind === BODY_CHUNKED) return this.readChunked(bytes, start, end, sink);
    if (this.kind === BODY_UNTIL_CLOSE) {
      if (end > start) sink.onBodyData(bytes, start, end);
      return end;
    }
    const stop = Math.min(end, start + this.remaining);
    this.remaining -= stop - start;
    this.done = this.remaining === 0;
    if (stop > start) sink.onBodyData(bytes, start, stop);
    return stop;
  }

  private readChunked(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    let p = start;
    while (p < end && !this.done) {
      if (this.state === DATA) {
        const stop = Math.min(end, p + this.remaining);
        this.remaining -= stop - p;
        if (this.remaining === 0) this.state = DATA_CR;
        sink.onBodyData(bytes, p, stop);
        p = stop;
      } else if (this.state === TRAILER) {
        p = this.readTrailer(bytes, p, end);
        if (p === REFUSED) return REFUSED;
      } else {
        if (!this.step(at(bytes, p))) return REFUSED;
        p += 1;
      }
    }
    return p;
  }

  /** Takes one octet of the chunk framing. @returns false on a fault */
  private step(octet: number): boolean {
    switch (this.state) {
      case SIZE:
        return this.stepSize(octet);
      case BLANK_BEFORE_EXTENSION:
        // "Bad whitespace" before the semicolon is parsed and dropped, as section 7.1.1 asks.
        if (octet === SEMICOLON) this.state = EXTENSION;
        return (octet === SEMICOLON || isBlank(octet)) && this.countExtension();
      case EXTENSION:
        if (octet === CR) this.state = SIZE_LF;
        else if (FIELD_VALUE_CLASS[octet] === 0) return this.refuse(FAULTS.chunk);
        return this.countExtension();
      case SIZE_LF:
        return octet === LF ? this.startChunk() : this.refuse(FAULTS.chunk);
      case DATA_CR:
        this.state = DATA_LF;
        return octet === CR || this.refuse(FAULTS.chunk);
      default:
        this.state = SIZE;
        this.digits = 0;
        this.remaining = 0;
        return octet === LF || this.refuse(FAULTS.chunk);
    }
  }

  private stepSize(octet: number): boolean {
    const digit = at(HEX_VALUE, octet);
    if (digit !== 255) {
      this.digits += 1;
      this.remaining = this.remaining * 16 + digit;
      return this.digits <= MAX_SIZE_DIGITS || this.refuse(FAULTS.chunk);
    }
    if (this.digits === 0) return this.refuse(FAULTS.chunk);
    if (octet === CR) this.state = SIZE_LF;
    else if (octet === SEMICOLON) this.state = EXTENSION;
    else if (isBlank(octet)) this.state = BLANK_BEFORE_EXTENSION;
    else return this.refuse(FAULTS.chunk);
    return true;
  }

  private startChunk(): boolean {
    this.state = this.remaining === 0 ? TRAILER : DATA;
    return true;
  }

  private countExtension(): boolean {
    this.extensionBytes += 1;
    return this.extensionBytes <= MAX_EXTENSION_BYTES || this.refuse(FAULTS.chunkExtension);
  }

  private refuse(fault: ProtocolFault): false {
    this.fault = fault;
    return false;
  }

  private readTrailer(bytes: Buffer, start: number, end: number): number {
    if (this.trailerBytes === null && end - start >= 2 && at(bytes, start) === CR && at(bytes, start + 1) === LF) {
      this.done = true;
      return start + 2;
    }
    const held = this.trailerBytes?.length ?? 0;
    const section =
      this.trailerBytes === null
        ? bytes.subarray(start, end)
        : Buffer.concat([this.trailerBytes, bytes.subarray(start, end)]);
    const fields = new FieldTable();
    const after = fields.parse(section, 0, section.length);
    if (after === REFUSED || after > MAX_TRAILER_BYTES || (after === NEED_MORE && section.length > MAX_TRAILER_BYTES)) {
      this.fault = FAULTS.trailer;
      return REFUSED;
    }
    if (after === NEED_MORE) {
      // A copy: the buffer may be the reader's own.
      this.trailerBytes = Buffer.from(section);
      return end;
    }
    this.trailerBytes = null;
    this.trailers = fields.count > 0 ? fields : null;
    this.done = true;
    return start + after - held;
  }
}

function isBlank(octet: number): boolean {
  return octet === SP || octet === HTAB;
}
