import { INITIAL_CURRENCY } from './initial-instance-types.ts';
import type { InstanceTypePrice } from './instance-type.ts';

/** The currency that most instance types are priced in now: what totals are told in. */
export function mainCurrency(prices: readonly InstanceTypePrice[]): string {
  const newest = new Map<string, InstanceTypePrice>();
  for (const price of prices) {
    const known = newest.get(price.instanceType);
    if (known === undefined || price.effectiveFrom >= known.effectiveFrom) newest.set(price.instanceType, price);
  }
  const counts = new Map<string, number>();
  for (const { currency } of newest.values()) counts.set(currency, (counts.get(currency) ?? 0) + 1);
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a);
  return first?.[0] ?? INITIAL_CURRENCY;
}
