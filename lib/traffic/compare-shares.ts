import type { Share } from './rebalance.ts';

/** Below this many requests a measured share says nothing. */
export const MIN_SAMPLE = 100;

/** Chance of crying wolf at one look. */
const SIGNIFICANCE = 0.001;

export type ShareVerdict = 'matches' | 'differs' | 'too_few' | 'impossible';

/**
 * Whether measured requests fit the desired split: Pearson's chi-square over the deployments that should get traffic. Requests at a deployment that
 * should get none are `impossible` for a split and are said as such.
 */
export function compareShares(desired: readonly Share[], requests: ReadonlyMap<string, number>): ShareVerdict {
  const total = desired.reduce((sum, { name }) => sum + (requests.get(name) ?? 0), 0);
  if (total < MIN_SAMPLE) return 'too_few';
  const live = desired.filter(({ percent }) => percent > 0);
  const stray = desired.some(({ name, percent }) => percent === 0 && (requests.get(name) ?? 0) > 0);
  if (stray) return 'impossible';
  if (live.length < 2) return 'matches';
  const statistic = live.reduce((sum, { name, percent }) => {
    const expected = (total * percent) / 100;
    return sum + ((requests.get(name) ?? 0) - expected) ** 2 / expected;
  }, 0);
  return chiSquareTail(statistic, live.length - 1) < SIGNIFICANCE ? 'differs' : 'matches';
}

/** Upper tail of the chi-square distribution by the Wilson–Hilferty cube root: within 0.0005 of the truth at this level. */
function chiSquareTail(statistic: number, degrees: number): number {
  const spread = 2 / (9 * degrees);
  const z = ((statistic / degrees) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread);
  return normalTail(z);
}

/** Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
