import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canMove,
  distribute,
  type Gesture,
  isSameSplit,
  moveShare,
  normalise,
  reachOf,
  type Share,
  sumOf,
} from './rebalance.ts';

const split = (shares: Record<string, number>): Share[] =>
  Object.entries(shares).map(([name, percent]) => ({ name, percent }));
const gesture = (
  shares: Record<string, number>,
  locked: string[] = [],
  heirs = ['blue', 'amber', 'green'],
): Gesture => ({
  anchor: split(shares),
  locked: new Set(locked),
  heirs,
});

describe('moving one share', () => {
  test('two deployments trade with each other', () => {
    expect(moveShare(gesture({ blue: 90, green: 10 }), 'green', 25)).toEqual(split({ blue: 75, green: 25 }));
  });

  test('the others give in proportion to what they had, by largest remainder', () => {
    expect(moveShare(gesture({ blue: 60, green: 30, amber: 10 }), 'amber', 25)).toEqual(
      split({ blue: 50, green: 25, amber: 25 }),
    );
    expect(moveShare(gesture({ blue: 34, green: 33, amber: 33 }), 'amber', 50)).toEqual(
      split({ blue: 25, green: 25, amber: 50 }),
    );
  });

  test('a locked share stays, and nobody can reach past it', () => {
    const locked = gesture({ blue: 60, green: 30, amber: 10 }, ['green']);
    expect(reachOf(locked, 'amber')).toBe(70);
    expect(moveShare(locked, 'amber', 100)).toEqual(split({ blue: 0, green: 30, amber: 70 }));
  });

  test('with all others locked nothing moves', () => {
    const locked = gesture({ blue: 60, green: 40 }, ['blue']);
    expect(canMove(locked, 'green')).toBe(false);
    expect(moveShare(locked, 'green', 90)).toEqual(locked.anchor);
  });

  test('what nobody had goes to the baseline, or to who served last where the baseline moves or is locked', () => {
    expect(moveShare(gesture({ blue: 0, green: 100, amber: 0 }), 'green', 60)).toEqual(
      split({ blue: 40, green: 60, amber: 0 }),
    );
    expect(moveShare(gesture({ blue: 100, green: 0, amber: 0 }), 'blue', 60)).toEqual(
      split({ blue: 60, green: 0, amber: 40 }),
    );
    expect(moveShare(gesture({ blue: 20, green: 80, amber: 0 }, ['blue']), 'green', 30)).toEqual(
      split({ blue: 20, green: 30, amber: 50 }),
    );
  });

  test('values outside and fractions are brought inside', () => {
    expect(moveShare(gesture({ blue: 90, green: 10 }), 'green', -5)).toEqual(split({ blue: 100, green: 0 }));
    expect(moveShare(gesture({ blue: 90, green: 10 }), 'green', 33.4)).toEqual(split({ blue: 67, green: 33 }));
  });

  test('paused traffic starts again where the first share is given', () => {
    expect(moveShare(gesture({ blue: 0, green: 0 }), 'green', 10)).toEqual(split({ blue: 90, green: 10 }));
  });
});

test('typed shares are brought to 100 in proportion', () => {
  expect(normalise(split({ blue: 60, green: 37 }))).toEqual(split({ blue: 62, green: 38 }));
  expect(normalise(split({ blue: 0, green: 0, amber: 0 }))).toEqual(split({ blue: 34, green: 33, amber: 33 }));
});

test('distribution loses and makes nothing', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 100 }),
      fc
        .array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 8 })
        .filter((weights) => weights.some((weight) => weight > 0)),
      (amount, weights) => {
        const parts = distribute(amount, weights);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(amount);
        for (const [index, part] of parts.entries()) if (weights[index] === 0) expect(part).toBe(0);
      },
    ),
  );
});

interface GestureCase {
  cuts: number[];
  locks: boolean[];
  order: number[];
  moves: { row: number; path: number[] }[];
}

/** Two to eight rows with random shares, locks and order of service, and four gestures of up to four positions each. */
const anyGestures: fc.Arbitrary<GestureCase> = fc.integer({ min: 2, max: 8 }).chain((count) =>
  fc.record({
    cuts: fc.array(fc.nat({ max: 100 }), { minLength: count - 1, maxLength: count - 1 }),
    locks: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
    order: fc.shuffledSubarray(
      Array.from({ length: count }, (_, index) => index),
      { minLength: 0, maxLength: count },
    ),
    moves: fc.array(
      fc.record({
        row: fc.nat({ max: count - 1 }),
        path: fc.array(fc.integer({ min: -20, max: 120 }), { minLength: 1, maxLength: 4 }),
      }),
      { minLength: 4, maxLength: 4 },
    ),
  }),
);

function splitFromCuts(cuts: readonly number[]): Share[] {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), 100];
  return edges.slice(1).map((edge, index) => ({ name: `d${index}`, percent: edge - (edges[index] ?? 0) }));
}

/** What is wrong with a position of a gesture, or null. Plain comparisons, because hundreds of thousands are made. */
function faultOf(before: readonly Share[], after: readonly Share[], locked: ReadonlySet<string>): string | null {
  if (sumOf(after) !== 100) return `the sum is ${sumOf(after)}`;
  for (const [index, { name, percent }] of after.entries()) {
    if (!Number.isInteger(percent) || percent < 0) return `${name} has ${percent}`;
    if (locked.has(name) && percent !== before[index]?.percent) return `${name} is locked and moved`;
  }
  return null;
}

test('over 200,000 gestures: sums stay 100, shares whole and never negative, locked rows still, and every gesture can be taken back', () => {
  let gestures = 0;
  fc.assert(
    fc.property(anyGestures, ({ cuts, locks, order, moves }) => {
      let shares = splitFromCuts(cuts);
      const locked = new Set(shares.filter((_, index) => locks[index]).map(({ name }) => name));
      for (const { row, path } of moves) {
        gestures += 1;
        const current: Gesture = { anchor: shares, locked, heirs: order.map((index) => `d${index}`) };
        const name = `d${row}`;
        let next = shares;
        for (const wanted of path) {
          next = moveShare(current, name, wanted);
          const fault = faultOf(shares, next, locked);
          if (fault !== null) throw new Error(fault);
        }
        const back = moveShare(current, name, shares[row]?.percent ?? 0);
        if (!isSameSplit(back, shares)) throw new Error(`going back gave ${JSON.stringify(back)}`);
        shares = next;
      }
    }),
    { numRuns: 50_000 },
  );
  expect(gestures).toBeGreaterThanOrEqual(200_000);
}, 60_000);
