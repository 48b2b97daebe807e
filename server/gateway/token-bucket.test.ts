import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('a token bucket', () => {
  it('never admits more than burst plus rate × time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(300)),
        (rate, burst, gaps) => {
          const bucket = new TokenBucket(rate, burst, 0);
          let now = 0;
          let admitted = 0;
          for (const gap of gaps) {
            now += gap;
            if (bucket.tryTake(now)) admitted += 1;
          }
          expect(admitted).toBeLessThanOrEqual(burst + (now * rate) / 1000 + 1e-9);
        },
      ),
    );
  });

  it('says when the next token comes, and is right', () => {
    const bucket = new TokenBucket(10, 1, 0);
    expect(bucket.tryTake(0)).toBe(true);
    expect(bucket.waitMs(0)).toBeCloseTo(100);
    expect(bucket.tryTake(99)).toBe(false);
    expect(bucket.tryTake(101)).toBe(true);
  });
});
