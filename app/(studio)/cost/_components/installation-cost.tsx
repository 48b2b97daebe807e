'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { downloadText } from '#components/charts/chart-csv.ts';
import type { ChartSeries, TimeGrid } from '#components/charts/chart-series.ts';
import { CostCharts } from '#components/cost/cost-charts.tsx';
import { costsToCsv } from '#components/cost/cost-csv.ts';
import { CostReadouts } from '#components/cost/cost-readouts.tsx';
import { costByBucket, gridOfPeriod } from '#components/cost/cost-series.ts';
import { CostToolbar } from '#components/cost/cost-toolbar.tsx';
import { useCostPeriod } from '#components/cost/use-cost-period.ts';
import { instancesOf } from '#components/endpoints/endpoint-split.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import type { CostRow } from '#lib/contracts/cost.ts';
import { costsQuery } from '#lib/queries/costs.ts';
import { endpointsQuery } from '#lib/queries/endpoints.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';
import { CostByEndpoint } from './cost-by-endpoint.tsx';
import { endpointShades } from './endpoint-shades.ts';

/** Endpoints with a shade of their own; the others are one grey. */
const SHADES = 5;
const HOUR_MS = 3_600_000;

/** What the whole installation costs, by endpoint. */
export function InstallationCost() {
  const { period, now, setPeriod } = useCostPeriod();
  const { data: endpoints } = useQuery(endpointsQuery());
  const bounds = { from: new Date(period.span.fromMs).toISOString(), to: new Date(period.span.toMs).toISOString() };
  const enabled = now > 0;
  const chart = useQuery({ ...costsQuery({ ...bounds, granularity: period.by, groupBy: ['endpoint'] }), enabled });
  const total = useQuery({
    ...costsQuery({ ...bounds, granularity: 'total', groupBy: ['endpoint', 'deployment', 'instance_type'] }),
    enabled,
  });
  const requestsTo = Math.min(period.span.toMs, Math.ceil(now / HOUR_MS) * HOUR_MS);
  const calls = useQuery({
    ...metricsQuery({
      metric: 'Requests',
      range: { from: bounds.from, to: new Date(requestsTo).toISOString() },
      stepSeconds: HOUR_MS / 1000,
      splitBy: ['endpoint'],
    }),
    enabled: enabled && requestsTo > period.span.fromMs,
  });
  const requests = useMemo(
    () =>
      calls.data
        ? new Map(
            calls.data.series.map((series) => [
              series.labels.endpoint ?? '',
              series.points.reduce((sum, [, value]) => sum + (value ?? 0), 0),
            ]),
          )
        : null,
    [calls.data],
  );
  const grid = useMemo(
    () => (chart.data ? gridOfPeriod(period, Date.parse(chart.data.complete_to)) : null),
    [chart.data, period],
  );
  const shades = useMemo(() => endpointShades(total.data?.items ?? [], SHADES), [total.data]);
  const series = useMemo(
    () => (chart.data && grid ? seriesOf(chart.data.items, grid, shades) : []),
    [chart.data, grid, shades],
  );
  const ready = (endpoints ?? []).reduce((sum, endpoint) => sum + instancesOf(endpoint).ready, 0);
  return (
    <>
      <PageHead title="Cost" aside="all endpoints" />
      <div className="grid gap-8">
        <div className="grid gap-4">
          <CostToolbar
            period={period}
            now={now}
            onChange={setPeriod}
            completeTo={chart.data?.complete_to}
            onExport={chart.data ? () => downloadText(`cost-${period.text}.csv`, costsToCsv(chart.data)) : null}
          />
          <CostReadouts period={period} now={now} total={total.data} requests={requests} instances={ready} />
        </div>
        <CostCharts
          period={period}
          now={now}
          grid={grid}
          series={series}
          currency={total.data?.currency ?? 'USD'}
          runRateMicros={chart.data?.run_rate_micros_per_hour ?? 0}
          error={chart.error}
          onRetry={() => void chart.refetch()}
          isFetching={chart.isFetching}
        />
        <CostByEndpoint
          total={total.data}
          error={total.error}
          onRetry={() => void total.refetch()}
          endpoints={endpoints ?? []}
          shades={shades}
          requests={requests}
          now={now}
        />
      </div>
    </>
  );
}

/** A bar for each endpoint with a shade, from the costliest up, and one for all others. */
function seriesOf(rows: readonly CostRow[], grid: TimeGrid, shades: ReadonlyMap<string, string>): ChartSeries[] {
  const byName = costByBucket(rows, 'endpoint', grid);
  const named = [...shades].flatMap(([name, colour]): ChartSeries[] => {
    const values = byName.get(name);
    return values
      ? [{ id: name, label: name, look: { shape: 'bar', colour, fill: colour }, stack: 'cost', values }]
      : [];
  });
  const rest = [...byName].filter(([name]) => !shades.has(name)).map(([, values]) => values);
  if (rest.length === 0) return named;
  const colour = 'var(--color-dep-rest)';
  const values = Array.from({ length: grid.count }, (_, index) => {
    const parts = rest.map((one) => one[index] ?? null);
    return parts.every((part) => part === null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  });
  return [
    ...named,
    {
      id: 'others',
      label: `${rest.length} others`,
      look: { shape: 'bar', colour, fill: colour },
      stack: 'cost',
      values,
    },
  ];
}
