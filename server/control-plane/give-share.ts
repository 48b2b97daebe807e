import type { TrafficMap } from '#lib/contracts/endpoint.ts';

/**
 * A split in which one deployment takes `percent` and the others share the rest in the proportions they had. Whole percents that sum to 100:
 * what rounding leaves over goes to those that lost most by it, then by name (largest remainder).
 */
export function giveShare(traffic: Readonly<TrafficMap>, name: string, percent: number): TrafficMap {
  const others = Object.entries(traffic).filter(([other, share]) => other !== name && share > 0);
  const total = others.reduce((sum, [, share]) => sum + share, 0);
  if (total === 0) return { [name]: 100 };
  const rest = 100 - percent;
  const exact = others.map(([other, share]) => ({ other, share: (share * rest) / total }));
  const result: TrafficMap = { [name]: percent };
  for (const { other, share } of exact) result[other] = Math.floor(share);
  let left = rest - exact.reduce((sum, { share }) => sum + Math.floor(share), 0);
  const byLoss = exact.toSorted((a, b) => (b.share % 1) - (a.share % 1) || (a.other < b.other ? -1 : 1));
  for (const { other } of byLoss) {
    if (left === 0) break;
    result[other] = (result[other] ?? 0) + 1;
    left -= 1;
  }
  return Object.fromEntries(Object.entries(result).filter(([, share]) => share > 0));
}
