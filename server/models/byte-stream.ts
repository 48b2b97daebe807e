/** Pulls exact numbers of bytes out of a stream of chunks, holding one chunk at a time. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Up to `length` bytes (for small lengths: they are held in memory); fewer only at the end of the stream. */
  async read(length: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.take(length)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** The next `length` bytes as they come; ends early only at the end of the stream. */
  async *take(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let rest = length; rest > 0;) {
      const chunk = await this.#next();
      if (chunk === null) return;
      const part = chunk.subarray(0, rest);
      this.#chunk = chunk.subarray(part.length);
      rest -= part.length;
      yield part;
    }
  }

  async #next(): Promise<Uint8Array | null> {
    while (this.#chunk.length === 0) {
      const result = await this.#chunks.next();
      if (result.done === true) return null;
      this.#chunk = result.value;
    }
    return this.#chunk;
  }
}
