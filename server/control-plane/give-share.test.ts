import fc from 'fast-check';
import { expect, test } from 'vitest';
import { giveShare } from './give-share.ts';

test('the first deployment takes everything', () => {
  expect(giveShare({}, 'blue', 100)).toEqual({ blue: 100 });
  expect(giveShare({}, 'blue', 10)).toEqual({ blue: 100 });
});

test('all of the traffic leaves nothing to the others', () => {
  expect(giveShare({ blue: 60, green: 40 }, 'amber', 100)).toEqual({ amber: 100 });
});

test('the others share the rest in their old proportions', () => {
  expect(giveShare({ blue: 50, green: 50 }, 'amber', 20)).toEqual({ amber: 20, blue: 40, green: 40 });
  expect(giveShare({ blue: 90, green: 10 }, 'green', 50)).toEqual({ green: 50, blue: 50 });
});

test('shares are whole, positive and sum to a hundred', () => {
  const split = fc
    .array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 7 })
    .map((shares) => Object.fromEntries(shares.map((share, at) => [`d${at}`, share])));
  fc.assert(
    fc.property(split, fc.integer({ min: 1, max: 100 }), (traffic, percent) => {
      const result = giveShare(traffic, 'new', percent);
      const shares = Object.values(result);
      expect(shares.every((share) => Number.isInteger(share) && share > 0)).toBe(true);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(100);
      expect(result['new']).toBe(percent);
    }),
  );
});
