'use client';

import { useQuery } from '@tanstack/react-query';
import { usePreferences } from '#components/layout/preferences.tsx';
import { type Readout, Readouts } from '#components/ui/readouts.tsx';
import type { MetricsResult } from '#lib/contracts/metrics.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatMoney } from '#lib/format/money.ts';
import { formatInteger, formatRatio, formatRequestRate } from '#lib/format/number.ts';
import { costsQuery } from '#lib/queries/costs.ts';
import { weightedRatio } from '#lib/queries/endpoint-figures.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';
import { rangeMetricsQuery } from '#lib/queries/metrics-in-range.ts';
import { previousSpan, type Span } from '#lib/time-range/time-range.ts';
import type { MonitoringState } from './use-monitoring-state.ts';

const MINUTE_MS = 60_000;

/** The range in five figures, each beside what it was in the range before or what it is made of. */
export function RangeReadouts({ endpoint, state }: { endpoint: string; state: MonitoringState }) {
  const { locale, timeZone } = usePreferences();
  const [only] = state.group === 'endpoint' ? state.selected : [];
  const scope = { endpoint, ...(only === undefined ? {} : { deployment: only }) };
  const inRange = { ...scope, range: state.rangeText, timeZone };
  const { live } = state;
  const now = useQuery(rangeMetricsQuery({ metric: 'ErrorRate', ...inRange }, { live }));
  const before = useQuery(metricsQuery({ metric: 'ErrorRate', ...scope, range: isoSpan(previousSpan(state.span)) }));
  const p95 = useQuery(rangeMetricsQuery({ metric: 'RequestLatency_P95', ...inRange, isTotal: true }, { live }));
  const p50 = useQuery(rangeMetricsQuery({ metric: 'RequestLatency_P50', ...inRange, isTotal: true }, { live }));
  const { data: detail } = useQuery(endpointQuery(endpoint));
  const cost = useQuery(costsQuery({ ...scope, ...isoSpan(state.span), granularity: 'total', groupBy: ['endpoint'] }));

  const current = totalsOf(now.data);
  const earlier = totalsOf(before.data);
  const rate = current ? current.requests / ((state.span.toMs - state.span.fromMs) / 1000) : null;
  const instances = (detail?.deployments ?? []).filter(({ name }) => only === undefined || name === only);
  const ready = instances.reduce((sum, one) => sum + one.ready_instances, 0);
  const wanted = instances.reduce((sum, one) => sum + one.instance_count, 0);
  const items: Readout[] = [
    {
      label: 'Requests',
      ...formatRequestRate(rate, locale),
      detail: changeOf(current?.requests, earlier?.requests, locale),
    },
    {
      label: 'Success',
      ...formatRatio(current?.errorRatio == null ? null : 1 - current.errorRatio, locale),
      detail: current
        ? `${formatInteger(current.failed, locale)} of ${formatInteger(current.requests, locale)} failed`
        : ' ',
    },
    {
      label: 'p95 in range',
      ...formatLatency(totalOf(p95.data), locale),
      detail: `p50 ${figureText(formatLatency(totalOf(p50.data), locale))}`,
    },
    {
      label: 'Instances',
      value: String(ready),
      unit: `of ${wanted}`,
      detail: ready === wanted ? 'all ready' : `${wanted - ready} not ready`,
    },
    {
      label: 'Cost in range',
      value: cost.data ? formatMoney(cost.data.total_micros, cost.data.currency, locale) : '–',
      detail:
        cost.data && current && current.requests > 0
          ? `${formatMoney(Math.round((cost.data.total_micros / current.requests) * 1000), cost.data.currency, locale)} per 1,000`
          : ' ',
    },
  ];
  return <Readouts items={items} />;
}

/** Whole minutes, so that a range that moves asks once a minute and not at every tick. */
function isoSpan({ fromMs, toMs }: Span): { from: string; to: string } {
  const round = (at: number): string => new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS).toISOString();
  return { from: round(fromMs), to: round(toMs) };
}

function totalsOf(result: MetricsResult | undefined) {
  const [series] = result?.series ?? [];
  if (!series) return null;
  const { requests, errorRatio } = weightedRatio(series);
  return { requests, errorRatio, failed: Math.round(requests * (errorRatio ?? 0)) };
}

function totalOf(result: MetricsResult | undefined): number | null {
  return result?.series[0]?.points[0]?.[1] ?? null;
}

/** Above this, a change says less than what it was. */
const MAX_CHANGE = 10;

/** `+4 % on the range before`, or what that was where there was next to nothing. */
function changeOf(now: number | undefined, before: number | undefined, locale: string): string {
  if (now === undefined || before === undefined) return ' ';
  if (before === 0) return now === 0 ? 'as in the range before' : 'none in the range before';
  const change = (now - before) / before;
  if (change > MAX_CHANGE) return `${formatInteger(before, locale)} in all in the range before`;
  const text = figureText(formatRatio(Math.abs(change), locale, 0));
  return `${change < 0 ? '−' : '+'}${text} on the range before`;
}
