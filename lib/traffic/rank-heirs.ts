import type { TrafficHistoryEntry } from '#lib/contracts/endpoint.ts';

type AppliedSplit = Pick<TrafficHistoryEntry, 'traffic' | 'applied_at'>;

/**
 * Deployments in the order in which they inherit shares that nobody else had. First the baseline, the one with the largest share for the
 * longest time; then those that served last. Those that never served keep the order of the rows.
 * @param history newest first
 */
export function rankHeirs(history: readonly AppliedSplit[], names: readonly string[], now: number): string[] {
  const served = new Map<string, { shareTime: number; lastAt: number }>();
  let until = now;
  for (const { traffic, applied_at: appliedAt } of history) {
    const from = Date.parse(appliedAt);
    for (const [name, percent] of Object.entries(traffic)) {
      if (percent === 0) continue;
      const known = served.get(name) ?? { shareTime: 0, lastAt: until };
      known.shareTime += percent * Math.max(0, until - from);
      served.set(name, known);
    }
    until = from;
  }
  const baseline = names.toSorted((a, b) => (served.get(b)?.shareTime ?? 0) - (served.get(a)?.shareTime ?? 0))[0];
  const others = names
    .filter((name) => name !== baseline)
    .toSorted((a, b) => (served.get(b)?.lastAt ?? 0) - (served.get(a)?.lastAt ?? 0));
  return baseline === undefined ? [] : [baseline, ...others];
}
