/** What one read brings at most. */
const PIECE_BYTES = 64 * 1024;
/** Nearly all are given back at once; more than these are left to the garbage collector. */
const MAX_FREE = 32;

/**
 * Buffers for what was read into a shared buffer and has to be written elsewhere. The kernel takes most writes at once, and then the buffer is free again:
 * new ones for each read would keep the garbage collector at work, and the allocator too.
 */
export class PiecePool {
  private readonly free: Buffer[] = [];

  /** @returns a buffer of its own that begins with `bytes[start, end)` */
  copy(bytes: Buffer, start: number, end: number): Buffer {
    const fits = end - start <= PIECE_BYTES;
    const piece = (fits ? this.free.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, end - start));
    bytes.copy(piece, 0, start, end);
    return piece;
  }

  /** Only for a buffer that nobody will look at again. */
  giveBack(piece: Buffer): void {
    if (piece.length === PIECE_BYTES && this.free.length < MAX_FREE) this.free.push(piece);
  }
}

/** One for the worker, as there is one thread to use it. */
export const PIECES = new PiecePool();
