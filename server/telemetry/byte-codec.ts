/** Unsigned varints (LEB128), so that the many small numbers of a roll-up take one byte each. Values up to 2^53 − 1. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    // Bit operations truncate to 32 bits; larger numbers are divided instead.
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#length] = (rest % 128) | 128;
      this.#length += 1;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.#length] = (rest & 127) | 128;
      this.#length += 1;
      rest >>>= 7;
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#length);
    this.#length += 8;
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#reserve(size);
    this.#bytes.write(value, this.#length, 'utf8');
    this.#length += size;
  }

  /** A length and the bytes `from` to `to`. */
  slice(source: Uint8Array, from = 0, to = source.length): void {
    this.varint(to - from);
    this.#reserve(to - from);
    this.#bytes.set(from === 0 && to === source.length ? source : source.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** A copy of what was written, so that the writer can be reused. */
  finish(): Uint8Array {
    const copy = new Uint8Array(this.#length);
    copy.set(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return copy;
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Reads what ByteWriter wrote. @throws RangeError when the bytes end too early. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.#end = end;
  }

  get done(): boolean {
    return this.position >= this.#end;
  }

  byte(): number {
    if (this.position >= this.#end) throw new RangeError('The bytes end inside a value.');
    const value = this.bytes[this.position]!;
    this.position += 1;
    return value;
  }

  varint(): number {
    let value = this.byte();
    if (value < 128) return value;
    value &= 127;
    let scale = 128;
    for (;;) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
      scale *= 128;
    }
  }

  double(): number {
    this.#require(8);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.position, 8);
    this.position += 8;
    return view.getFloat64(0, true);
  }

  text(): string {
    const size = this.varint();
    this.#require(size);
    const value = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.position, size).toString('utf8');
    this.position += size;
    return value;
  }

  /** Steps over a length and as many bytes, and says where those bytes began. */
  skipSlice(): number {
    const size = this.varint();
    this.#require(size);
    const start = this.position;
    this.position += size;
    return start;
  }

  #require(size: number): void {
    if (this.position + size > this.#end) throw new RangeError('The bytes end inside a value.');
  }
}
