import type { HttpFault } from './request-head.ts';

/** A size line of more digits would exceed any limit; extensions are read over but bounded. */
const MAX_SIZE_LINE_BYTES = 256;
const MAX_TRAILER_BYTES = 8192;
const SIZE_LINE = /^([0-9a-fA-F]{1,8})[\t ]*(;[\t\x20-\x7e]*)?$/;
const CRLF = '\r\n';

export type ChunkedProgress =
  | { state: 'more' }
  /** `rest` is what follows the body: the next pipelined request. */
  | { state: 'done'; body: Buffer; rest: Buffer }
  | { state: 'fault'; fault: HttpFault };

/** Decodes one chunked body (RFC 9112 section 7.1) as its bytes arrive. Trailer fields are read and dropped. */
export class ChunkedBody {
  readonly #maxBytes: number;
  readonly #parts: Buffer[] = [];
  #size = 0;
  #pending: Buffer = Buffer.alloc(0);
  #step: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  #chunkLeft = 0;
  #trailerBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Buffer): ChunkedProgress {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const progress = this.#step === 'data' ? this.#takeData() : this.#takeLine();
      if (progress !== 'again') return progress;
    }
  }

  #takeData(): ChunkedProgress | 'again' {
    const part = this.#pending.subarray(0, this.#chunkLeft);
    if (part.length === 0) return { state: 'more' };
    this.#parts.push(part);
    this.#pending = this.#pending.subarray(part.length);
    this.#chunkLeft -= part.length;
    if (this.#chunkLeft === 0) this.#step = 'data-end';
    return 'again';
  }

  #takeLine(): ChunkedProgress | 'again' {
    const end = this.#pending.indexOf(CRLF, 0, 'latin1');
    const limit = this.#step === 'trailer' ? MAX_TRAILER_BYTES : MAX_SIZE_LINE_BYTES;
    if (end > limit || (end < 0 && this.#pending.length > limit)) return fault(400, 'A chunk header is too long.');
    if (end < 0) return { state: 'more' };
    const line = this.#pending.toString('latin1', 0, end);
    this.#pending = this.#pending.subarray(end + CRLF.length);
    if (this.#step === 'size') return this.#takeSize(line);
    if (this.#step === 'trailer') return this.#takeTrailer(line);
    if (line !== '') return fault(400, 'A chunk is longer than it says.');
    this.#step = 'size';
    return 'again';
  }

  #takeSize(line: string): ChunkedProgress | 'again' {
    const match = SIZE_LINE.exec(line);
    if (match === null) return fault(400, 'A chunk size is not a number.');
    this.#chunkLeft = Number.parseInt(match[1] as string, 16);
    this.#size += this.#chunkLeft;
    if (this.#size > this.#maxBytes) return fault(413, `The body is larger than ${this.#maxBytes} bytes.`);
    this.#step = this.#chunkLeft === 0 ? 'trailer' : 'data';
    return 'again';
  }

  #takeTrailer(line: string): ChunkedProgress | 'again' {
    if (line === '') return { state: 'done', body: Buffer.concat(this.#parts), rest: this.#pending };
    this.#trailerBytes += line.length;
    return this.#trailerBytes > MAX_TRAILER_BYTES ? fault(400, 'The trailer is too long.') : 'again';
  }
}

function fault(status: HttpFault['status'], message: string): ChunkedProgress {
  return { state: 'fault', fault: { status, message } };
}
