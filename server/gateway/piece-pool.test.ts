import { describe, expect, it } from 'vitest';
import { PiecePool } from './piece-pool.ts';

describe('the pool of pieces', () => {
  it('gives no buffer to two at a time, and one that came back again', () => {
    const pool = new PiecePool();
    const source = Buffer.from('abc');
    const [one, two] = [pool.copy(source, 0, 3), pool.copy(source, 1, 3)];
    expect([one.toString('latin1', 0, 3), two.toString('latin1', 0, 2)]).toEqual(['abc', 'bc']);
    expect(two.buffer).not.toBe(one.buffer);
    pool.giveBack(one);
    expect(pool.copy(source, 2, 3)).toBe(one);
  });

  it('holds what is longer than a read too, and keeps it no longer than it is used', () => {
    const pool = new PiecePool();
    const long = Buffer.alloc(100_000, 'x');
    const piece = pool.copy(long, 0, long.length);
    expect(piece.equals(long)).toBe(true);
    pool.giveBack(piece);
    expect(pool.copy(long, 0, 1)).not.toBe(piece);
  });
});
