'use client';

import { useQuery } from '@tanstack/react-query';
import { comparableSpan, type CostPeriod, neighbour } from './cost-period.ts';
import { type IdleCost, totalIdle } from './cost-series.ts';
import { nameOfPeriod } from './cost-toolbar.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { type Readout, Readouts } from '#components/ui/readouts.tsx';
import type { CostResult } from '#lib/contracts/cost.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRateInProse, formatMoney } from '#lib/format/money.ts';
import { formatInteger, formatRatio } from '#lib/format/number.ts';
import { costsQuery } from '#lib/queries/costs.ts';

export interface CostReadoutsProps {
  /** Left out, the whole installation. */
  endpoint?: string;
  period: CostPeriod;
  now: number;
  total: CostResult | undefined;
  /** Left out where it is not told. */
  idle?: IdleCost | null;
  requests: ReadonlyMap<string, number> | null;
  instances: number;
}

/** The period in four figures. */
export function CostReadouts({ endpoint, period, now, total, idle, requests, instances }: CostReadoutsProps) {
  const { locale } = usePreferences();
  const before = comparableSpan(period, now);
  const earlier = useQuery({
    ...costsQuery({
      ...(endpoint === undefined ? {} : { endpoint }),
      from: new Date(before.fromMs).toISOString(),
      to: new Date(before.toMs).toISOString(),
      granularity: 'total',
      groupBy: ['endpoint'],
    }),
    enabled: now > 0 && before.toMs > before.fromMs,
  });
  const money = (micros: number): string => formatMoney(Math.round(micros), total?.currency ?? 'USD', locale);
  const isOpen = period.span.toMs > now;
  const calls = requests === null ? null : [...requests.values()].reduce((sum, count) => sum + count, 0);
  const idleMicros = idle ? totalIdle(idle) : null;
  const spent = total?.total_micros ?? 0;
  const runRate = total
    ? formatHourlyRateInProse(total.run_rate_micros_per_hour, total.currency, locale)
    : { value: '–', unit: '' };
  const items: Readout[] = [
    {
      label: !isOpen ? nameOfPeriod(period, locale) : period.by === 'day' ? 'Month to date' : 'Today',
      value: total ? money(spent) : '–',
      detail: comparison(spent, earlier.data, period, locale),
    },
    { label: 'Run rate now', ...runRate, detail: `${instances} ${instances === 1 ? 'instance' : 'instances'} ready` },
    {
      label: 'Per 1,000 requests',
      value: calls === null || calls === 0 ? '–' : money((spent / calls) * 1000),
      detail: calls === null ? ' ' : `${formatInteger(calls, locale)} requests`,
    },
    ...(idle === undefined
      ? []
      : [
          {
            label: 'Idle',
            value: idleMicros === null ? '–' : money(idleMicros),
            detail:
              idleMicros === null || spent === 0
                ? 'hours without a call'
                : `${figureText(formatRatio(idleMicros / spent, locale, 0))}, hours without a call`,
          },
        ]),
  ];
  return <Readouts items={items} />;
}

function comparison(spent: number, earlier: CostResult | undefined, period: CostPeriod, locale: string): string {
  const name = nameOfPeriod(neighbour(period, -1), locale);
  if (!earlier) return ' ';
  if (earlier.total_micros === 0) return `nothing in ${name}`;
  const change = (spent - earlier.total_micros) / earlier.total_micros;
  return `${change < 0 ? '−' : '+'}${figureText(formatRatio(Math.abs(change), locale, 0))} on the same part of ${name}`;
}
