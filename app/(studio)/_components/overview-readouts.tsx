'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useNow } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { type Readout, Readouts } from '#components/ui/readouts.tsx';
import { Sparkline } from '#components/ui/sparkline.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText, NO_FIGURE, NO_VALUE } from '#lib/format/figure.ts';
import { formatHourlyRateInProse, formatMoney } from '#lib/format/money.ts';
import { formatInteger, formatRatio, formatRequestRate } from '#lib/format/number.ts';
import { startOfDay } from '#lib/format/time.ts';
import { costsQuery } from '#lib/queries/costs.ts';
import { type EndpointFigures, totalFigures } from '#lib/queries/endpoint-figures.ts';

export interface OverviewReadoutsProps {
  endpoints: readonly Endpoint[];
  figures: ReadonlyMap<string, EndpointFigures>;
  isPending: boolean;
}

/** Healthy, rate, slowest, errors, cost: the installation in five figures. */
export function OverviewReadouts({ endpoints, figures, isPending }: OverviewReadoutsProps) {
  const { locale } = usePreferences();
  const totals = useMemo(() => totalFigures(figures), [figures]);
  const known = !isPending && figures.size > 0;
  const latency = totals.slowest ? formatLatency(totals.slowest.p95Ms, locale) : NO_FIGURE;
  const items: Readout[] = [
    {
      label: 'Endpoints healthy',
      value: formatInteger(endpoints.filter((endpoint) => endpoint.state === 'healthy').length, locale),
      unit: `of ${formatInteger(endpoints.length, locale)}`,
      detail: <UnhealthyInWords endpoints={endpoints} />,
    },
    {
      label: 'Requests',
      ...formatRequestRate(isPending ? null : totals.ratePerSecond, locale),
      detail: known ? `${formatInteger(totals.requests, locale)} in the range` : 'no requests in the range',
      chart: known ? <Sparkline values={totals.spark} width={64} height={24} /> : null,
    },
    {
      label: 'Slowest p95',
      ...latency,
      detail: totals.slowest ? <b className="font-medium text-text">{totals.slowest.endpoint}</b> : 'nothing measured',
    },
    {
      label: 'Errors',
      ...formatRatio(totals.errorRatio, locale),
      detail:
        totals.requests > 0
          ? `${formatInteger(totals.failed, locale)} of ${formatInteger(totals.requests, locale)}`
          : 'nothing measured',
    },
    useCostReadout(locale),
  ];
  return <Readouts items={items} />;
}

function UnhealthyInWords({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const count = (state: Endpoint['state']) => endpoints.filter((endpoint) => endpoint.state === state).length;
  const failed = count('failed');
  const others = (
    [
      ['degraded', 'degraded'],
      ['updating', 'updating'],
    ] as const
  )
    .map(([state, word]) => [count(state), word] as const)
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`);
  if (failed === 0 && others.length === 0) return endpoints.length === 0 ? 'none yet' : 'none failed or degraded';
  return (
    <>
      {failed > 0 ? <span className="text-danger">{failed} failed</span> : null}
      {failed > 0 && others.length > 0 ? ', ' : null}
      {others.join(', ')}
    </>
  );
}

function useCostReadout(locale: string): Readout {
  const { timeZone } = usePreferences();
  const now = useNow();
  const from = new Date(startOfDay(now, timeZone)).toISOString();
  const to = new Date(startOfDay(now, timeZone) + 86_400_000).toISOString();
  const costs = useQuery({ ...costsQuery({ from, to, granularity: 'total' }), enabled: now > 0 });
  if (!costs.data) return { label: 'Cost today', value: NO_VALUE, detail: costs.isError ? 'could not be read' : '' };
  const { total_micros: total, currency, run_rate_micros_per_hour: rate } = costs.data;
  return {
    label: 'Cost today',
    value: formatMoney(total, currency, locale),
    detail: `${figureText(formatHourlyRateInProse(rate, currency, locale))} now`,
  };
}
