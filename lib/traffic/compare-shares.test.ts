import { expect, test } from 'vitest';
import { compareShares } from './compare-shares.ts';

const split = [
  { name: 'blue', percent: 90 },
  { name: 'green', percent: 10 },
  { name: 'amber', percent: 0 },
];
const measured = (blue: number, green: number, amber = 0) =>
  new Map([
    ['blue', blue],
    ['green', green],
    ['amber', amber],
  ]);

test.each([
  ['an exact split', measured(900, 100), 'matches'],
  ['ordinary scatter', measured(880, 120), 'matches'],
  ['a share that is far off', measured(800, 200), 'differs'],
  ['too few requests to tell', measured(80, 19), 'too_few'],
  ['requests where none should go', measured(900, 95, 5), 'impossible'],
] as const)('%s: %s', (_, requests, verdict) => expect(compareShares(split, requests)).toBe(verdict));

test('one deployment with everything always matches', () => {
  expect(compareShares([{ name: 'blue', percent: 100 }], measured(5000, 0))).toBe('matches');
});
