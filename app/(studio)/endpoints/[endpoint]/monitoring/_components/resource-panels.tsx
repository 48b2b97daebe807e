'use client';

import { useMemo, useState } from 'react';
import { countTicks } from '#components/charts/axis-ticks.ts';
import { ChartPanel } from '#components/charts/chart-panel.tsx';
import type { ChartSeries } from '#components/charts/chart-series.ts';
import { gridOf, valuesOn } from '#components/charts/time-grid.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { slotColour } from '#components/ui/deployment.tsx';
import { formatTick, plainFigure } from './format-values.ts';
import type { PanelContext } from './panel-context.ts';
import { WHOLE } from './series-looks.ts';
import { deploymentSeries } from './traffic-panels.tsx';
import { usePanelMetrics } from './use-panel-metrics.ts';

const NOTHING: { grid: null; series: ChartSeries[] } = { grid: null, series: [] };
const PERCENT_TICKS = (): number[] => [0, 25, 50, 75, 100];

/** Means over the instances, in percent of what their type has. By deployment, CPU and memory are two charts in one: colour is the deployment. */
export function ResourcePanel({ context }: { context: PanelContext }) {
  const [inView, setInView] = useState(false);
  const { locale } = usePreferences();
  const grouped = context.state.group === 'deployment';
  const metrics = usePanelMetrics(
    context.endpoint,
    context.state,
    ['CpuUtilizationPercentage', 'CpuMemoryUtilizationPercentage'],
    grouped ? ['deployment'] : [],
    inView,
  );
  const { grid, series } = useMemo(() => {
    const shared = gridOf(metrics.results);
    const [cpu, memory] = metrics.results;
    if (!shared || !cpu || !memory) return NOTHING;
    if (grouped)
      return {
        grid: shared,
        series: [
          ...deploymentSeries(context, shared, cpu).map((one) => ({
            ...one,
            id: `${one.id} cpu`,
            label: `${one.label} CPU`,
            look: { ...one.look, dash: '' },
          })),
          ...deploymentSeries(context, shared, memory).map((one) => ({
            ...one,
            id: `${one.id} memory`,
            label: `${one.label} memory`,
            look: { ...one.look, dash: '1.5 3', width: 1.5 },
          })),
        ],
      };
    return {
      grid: shared,
      series: [
        { id: 'cpu', label: 'CPU', look: WHOLE, values: valuesOn(shared, cpu.series[0]) },
        {
          id: 'memory',
          label: 'memory',
          look: { shape: 'line' as const, colour: 'var(--color-muted)', dash: '1.5 3', width: 1.5 },
          values: valuesOn(shared, memory.series[0]),
        },
      ],
    };
  }, [metrics.results, grouped, context]);
  return (
    <ChartPanel
      {...context.chart}
      title="CPU and memory"
      metric="Utilization"
      unit="percent"
      caption="mean of the instances"
      grid={grid}
      series={series}
      height={150}
      ticksOf={PERCENT_TICKS}
      format={(value) => plainFigure(value, locale, '%')}
      formatTick={(value, isTop) => `${value}${isTop ? ' %' : ''}`}
      emptyText="No instance ran in this range."
      error={metrics.error}
      onRetry={metrics.retry}
      isFetching={metrics.isFetching}
      onInView={setInView}
    />
  );
}

/** Instances that ran, stacked by deployment. */
export function InstancePanel({ context }: { context: PanelContext }) {
  const [inView, setInView] = useState(false);
  const { locale } = usePreferences();
  const metrics = usePanelMetrics(context.endpoint, context.state, ['DeploymentCapacity'], ['deployment'], inView);
  const { grid, series } = useMemo(() => {
    const shared = gridOf(metrics.results);
    const [result] = metrics.results;
    if (!shared || !result) return NOTHING;
    return {
      grid: shared,
      series: deploymentSeries(context, shared, result).map((one): ChartSeries => {
        const colour = slotColour(context.slots.get(one.id) ?? 0);
        return {
          ...one,
          samples: undefined,
          stack: 'instances',
          look: { shape: 'step', colour, fill: `color-mix(in oklab, ${colour} 18%, var(--color-page))`, width: 1.25 },
        };
      }),
    };
  }, [metrics.results, context]);
  return (
    <ChartPanel
      {...context.chart}
      title="Instances"
      metric="DeploymentCapacity"
      unit="instances"
      caption="running"
      grid={grid}
      series={series}
      height={150}
      ticksOf={countTicks}
      format={(value) =>
        value !== null && Number.isInteger(value) ? { value: String(value), unit: '' } : plainFigure(value, locale)
      }
      formatTick={(value) => formatTick(value, locale)}
      emptyText="No instance ran in this range."
      error={metrics.error}
      onRetry={metrics.retry}
      isFetching={metrics.isFetching}
      onInView={setInView}
    />
  );
}
