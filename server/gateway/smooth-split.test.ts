import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSplit, ShareCounter, SplitCursor } from './smooth-split.ts';

/** Whole percents that sum to 100. */
const weights = fc
  .array(fc.nat(100), { minLength: 1, maxLength: 8 })
  .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), 100])
  .map((points) => points.slice(1).map((point, i) => point - (points[i] as number)));

describe('a split', () => {
  it('gives every deployment exactly its share of any 100 consecutive requests, from any start', () => {
    fc.assert(
      fc.property(weights, fc.nat(99), (shares, start) => {
        const cursor = new SplitCursor(compileSplit(shares) as Uint8Array, start);
        const chosen = Array.from({ length: 300 }, () => cursor.next());
        for (const from of [0, 1, 37, 100, 200]) {
          const counts = shares.map((_, i) => chosen.slice(from, from + 100).filter((index) => index === i).length);
          expect(counts).toEqual(shares);
        }
      }),
    );
  });

  it('spreads a deployment evenly instead of in runs', () => {
    const order = [...(compileSplit([50, 50]) as Uint8Array)];
    expect(order.slice(0, 6)).toEqual([0, 1, 0, 1, 0, 1]);
    const green = [...(compileSplit([90, 10]) as Uint8Array)].flatMap((index, turn) => (index === 1 ? [turn] : []));
    expect(green.slice(1).map((turn, i) => turn - (green[i] as number))).toEqual(Array(9).fill(10));
  });

  it('does not exist without a weight', () => {
    expect(compileSplit([0, 0])).toBeNull();
    expect(compileSplit([])).toBeNull();
  });
});

describe('a share', () => {
  it('is exact over any 100 consecutive requests', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(99), (percent, start) => {
        const counter = new ShareCounter(percent, start);
        const hits = Array.from({ length: 250 }, () => counter.next());
        for (const from of [0, 1, 50, 149]) {
          expect(hits.slice(from, from + 100).filter(Boolean)).toHaveLength(percent);
        }
      }),
    );
  });
});
