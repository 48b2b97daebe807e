import type { CostRow } from '#lib/contracts/cost.ts';

/** Viridian from full to light: colours of deployments would say what they do not mean. */
const STRENGTHS = [100, 70, 48, 32, 20];

/** A shade for each of the costliest endpoints, the strongest for the first. */
export function endpointShades(rows: readonly CostRow[], count: number): ReadonlyMap<string, string> {
  const costs = new Map<string, number>();
  for (const { endpoint = '', cost_micros } of rows) costs.set(endpoint, (costs.get(endpoint) ?? 0) + cost_micros);
  const names = [...costs].toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b)).slice(0, count);
  return new Map(
    names.map(([name], index) => [
      name,
      `color-mix(in oklab, var(--color-accent) ${STRENGTHS[index] ?? 20}%, var(--color-page))`,
    ]),
  );
}
