'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { downloadText } from '#components/charts/chart-csv.ts';
import { CostCharts } from '#components/cost/cost-charts.tsx';
import { costsToCsv } from '#components/cost/cost-csv.ts';
import { barsOf, costByBucket, gridOfPeriod, idleByBucket } from '#components/cost/cost-series.ts';
import { CostToolbar } from '#components/cost/cost-toolbar.tsx';
import { useCostPeriod } from '#components/cost/use-cost-period.ts';
import { slotColour } from '#components/ui/deployment.tsx';
import { costsQuery } from '#lib/queries/costs.ts';
import { deploymentsQuery } from '#lib/queries/deployments.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { CostByDeployment } from './cost-by-deployment.tsx';
import { CostNotes } from './cost-notes.tsx';
import { CostReadouts } from '#components/cost/cost-readouts.tsx';
import { PricesInUse } from './prices-in-use.tsx';
import { useIdleCost } from './use-idle-cost.ts';

/** What the endpoint costs: over time, by deployment, and how each figure came about. */
export function EndpointCost({ endpoint }: { endpoint: string }) {
  const { period, now, setPeriod } = useCostPeriod();
  const { data: detail } = useQuery(endpointQuery(endpoint));
  const { data: deployments } = useQuery(deploymentsQuery(endpoint));
  const bounds = { from: new Date(period.span.fromMs).toISOString(), to: new Date(period.span.toMs).toISOString() };
  const enabled = now > 0;
  const chart = useQuery({
    ...costsQuery({ ...bounds, endpoint, granularity: period.by, groupBy: ['deployment'] }),
    enabled,
  });
  const total = useQuery({
    ...costsQuery({ ...bounds, endpoint, granularity: 'total', groupBy: ['deployment', 'instance_type'] }),
    enabled,
  });
  const { idle, requests } = useIdleCost(endpoint, period, now);
  const slots = useMemo(() => new Map(detail?.deployments.map((one) => [one.name, one.colour_slot])), [detail]);
  const grid = useMemo(
    () => (chart.data ? gridOfPeriod(period, Date.parse(chart.data.complete_to)) : null),
    [chart.data, period],
  );
  const series = useMemo(() => {
    if (!chart.data || !grid) return [];
    const byName = [...costByBucket(chart.data.items, 'deployment', grid)];
    return byName
      .toSorted(([a], [b]) => (slots.get(a) ?? 99) - (slots.get(b) ?? 99) || a.localeCompare(b))
      .flatMap(([name, values]) =>
        barsOf(name, slotColour(slots.get(name) ?? 0), values, idle && idleByBucket(idle, name, grid)),
      );
  }, [chart.data, grid, slots, idle]);
  const currency = total.data?.currency ?? detail?.currency ?? 'USD';
  return (
    <div className="grid gap-8">
      <div className="grid gap-4">
        <CostToolbar
          period={period}
          now={now}
          onChange={setPeriod}
          completeTo={chart.data?.complete_to}
          onExport={
            chart.data ? () => downloadText(`${endpoint}-cost-${period.text}.csv`, costsToCsv(chart.data)) : null
          }
        />
        <CostReadouts
          endpoint={endpoint}
          period={period}
          now={now}
          total={total.data}
          idle={idle}
          requests={requests}
          instances={(deployments ?? []).reduce((sum, one) => sum + one.ready_instances, 0)}
        />
      </div>
      <CostCharts
        period={period}
        now={now}
        grid={grid}
        series={series}
        currency={currency}
        runRateMicros={chart.data?.run_rate_micros_per_hour ?? 0}
        error={chart.error}
        onRetry={() => void chart.refetch()}
        isFetching={chart.isFetching}
      />
      <CostNotes endpoint={endpoint} deployments={deployments ?? []} />
      <div className="grid gap-8 xl:grid-cols-[minmax(0,1fr)_320px]">
        <CostByDeployment
          endpoint={endpoint}
          total={total.data}
          error={total.error}
          onRetry={() => void total.refetch()}
          slots={slots}
          idle={idle}
          requests={requests}
          now={now}
        />
        <PricesInUse rows={total.data?.items ?? []} deployments={deployments ?? []} now={now} />
      </div>
    </div>
  );
}
