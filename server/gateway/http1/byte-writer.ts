const SLAB_BYTES = 256 * 1024;
/** Runs up to this length are written quicker in JavaScript than through a native call. */
const SHORT_BYTES = 48;
const HEX_DIGITS = '0123456789abcdef';

/**
 * Builds heads and small messages in a large slab, one after the other, so that a message costs no allocation of its own. What `take` returns is
 * never written to again; a slab lives as long as a socket still holds a part of it.
 *
 * One message at a time: `begin`, any number of writes, `take`.
 */
export class ByteWriter {
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private start = 0;
  private position = 0;

  /** Starts a message that will need at most `maxBytes`. @throws RangeError when that is more than a slab */
  begin(maxBytes: number): void {
    if (maxBytes > SLAB_BYTES) throw new RangeError(`a message of ${maxBytes} bytes does not fit a slab`);
    if (this.position + maxBytes > SLAB_BYTES) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.position = 0;
    }
    this.start = this.position;
  }

  /** The message since `begin`. */
  take(): Buffer {
    return this.slab.subarray(this.start, this.position);
  }

  /**
   * Lets the next message be written over the last one, of which nobody keeps a part: the kernel has taken it. Nearly all messages then go through
   * the same few pages, which stay in the cache of the processor, and a slab lasts.
   */
  reclaim(): void {
    this.position = this.start;
  }

  copy(source: Buffer, start: number, end: number): void {
    if (end - start <= SHORT_BYTES) {
      const { slab } = this;
      let { position } = this;
      for (let p = start; p < end; p += 1, position += 1) slab[position] = source[p] as number;
      this.position = position;
    } else {
      this.position += source.copy(this.slab, this.position, start, end);
    }
  }

  bytes(source: Buffer): void {
    this.copy(source, 0, source.length);
  }

  /** Text whose characters are octets. */
  text(text: string): void {
    const { slab } = this;
    if (text.length > SHORT_BYTES) {
      this.position += slab.write(text, this.position, 'latin1');
      return;
    }
    let { position } = this;
    for (let i = 0; i < text.length; i += 1, position += 1) slab[position] = text.charCodeAt(i);
    this.position = position;
  }

  /** A non-negative integer in decimal. */
  decimal(value: number): void {
    this.text(String(value));
  }

  /** A non-negative integer in hexadecimal, as chunk sizes are written. */
  hex(value: number): void {
    let divisor = 1;
    while (divisor * 16 <= value) divisor *= 16;
    for (let rest = value; divisor >= 1; divisor /= 16) {
      const digit = Math.floor(rest / divisor);
      this.slab[this.position] = HEX_DIGITS.charCodeAt(digit);
      this.position += 1;
      rest -= digit * divisor;
    }
  }
}
