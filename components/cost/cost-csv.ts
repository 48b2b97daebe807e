import { toCsv } from '#components/charts/chart-csv.ts';
import type { CostResult } from '#lib/contracts/cost.ts';

const HEAD = [
  'period_start',
  'period_end',
  'endpoint',
  'deployment',
  'instance_type',
  'instance_seconds',
  'price_per_hour_micros',
  'cost_micros',
  'currency',
];

/** Cost rows as they came, one line each; money stays in micro-units so that sums stay exact. */
export function costsToCsv({ items }: CostResult): string {
  const lines = items.map((row) => [
    row.period_start,
    row.period_end,
    row.endpoint ?? '',
    row.deployment ?? '',
    row.instance_type ?? '',
    String(row.instance_seconds),
    row.prices.map((part) => part.price_per_hour_micros).join(' '),
    String(row.cost_micros),
    row.currency,
  ]);
  return toCsv([HEAD, ...lines]);
}
