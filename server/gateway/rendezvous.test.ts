import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseByRendezvous } from './rendezvous.ts';

const names = ['blue', 'green', 'red'];
const keys = Array.from({ length: 5_000 }, (_, i) => `user-${i}`);
const choices = (weights: number[]): number[] => keys.map((key) => chooseByRendezvous(key, names, weights));

describe('rendezvous hashing', () => {
  it('gives every candidate about its share of the keys', () => {
    const chosen = choices([70, 20, 10]);
    const shares = names.map((_, i) => chosen.filter((index) => index === i).length / keys.length);
    // Three standard deviations of a binomial share with 5,000 draws.
    expect(shares[0]).toBeCloseTo(0.7, 1);
    expect(Math.abs((shares[1] as number) - 0.2)).toBeLessThan(0.017);
    expect(Math.abs((shares[2] as number) - 0.1)).toBeLessThan(0.013);
  });

  it('moves keys only to a candidate that grows', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)),
        fc.nat(2),
        fc.integer({ min: 1, max: 50 }),
        (weights, index, more) => {
          const grown = weights.map((weight, i) => (i === index ? weight + more : weight));
          const before = choices(weights);
          const after = choices(grown);
          const strays = after.filter((chosen, i) => chosen !== before[i] && chosen !== index);
          expect(strays).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('chooses nobody without a weight and never one whose weight is 0', () => {
    expect(chooseByRendezvous('a', names, [0, 0, 0])).toBe(-1);
    expect(new Set(choices([0, 100, 0]))).toEqual(new Set([1]));
  });
});
