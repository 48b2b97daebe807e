'use client';

import { useMemo, useState } from 'react';
import { ChartPanel } from '#components/charts/chart-panel.tsx';
import type { ChartSeries, SeriesLook, TimeGrid } from '#components/charts/chart-series.ts';
import { gapsOf, gridOf, idleBandsOf, ratesOf, samplesOn, valuesOn } from '#components/charts/time-grid.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import type { MetricName } from '#lib/contracts/metrics.ts';
import { formatLatency } from '#lib/format/duration.ts';
import type { FormattedFigure } from '#lib/format/figure.ts';
import { formatRatio } from '#lib/format/number.ts';
import type { RangeMetrics } from '#lib/queries/metrics-in-range.ts';
import { formatStep, formatTick, plainFigure } from './format-values.ts';
import type { PanelContext } from './panel-context.ts';
import { deploymentLook, dropSilent, PERCENTILES, STATUS_LOOKS, WHOLE } from './series-looks.ts';
import { usePanelMetrics } from './use-panel-metrics.ts';

/** Rates by class of the status. */
export function StatusPanel({ context, lane }: { context: PanelContext; lane: React.ReactNode }) {
  const [inView, setInView] = useState(false);
  const { locale } = usePreferences();
  const metrics = usePanelMetrics(context.endpoint, context.state, ['Requests'], ['status_code_class'], inView);
  const { grid, series, gaps } = useMemo(() => {
    const [result] = metrics.results;
    const shared = result ? gridOf([result]) : null;
    if (!result || !shared) return NOTHING;
    const counts = new Map(
      result.series.map((one) => [one.labels.status_code_class ?? '', valuesOn(shared, one)] as const),
    );
    const all = STATUS_LOOKS.map(({ id, look }): ChartSeries => ({
      id,
      label: id,
      look,
      stack: 'status',
      values: ratesOf(shared, counts.get(id) ?? emptyCounts(shared, counts), result.fetchedAtMs),
    }));
    return {
      grid: shared,
      series: dropSilent(all, (id) => id !== '3xx'),
      gaps: gapsOf(shared, [...counts.values()], result.fetchedAtMs, context.bornMs),
    };
  }, [metrics.results, context.bornMs]);
  return (
    <ChartPanel
      {...context.chart}
      title="Requests by status"
      metric="Requests"
      unit="requests per second"
      caption={grid ? `req/s, ${formatStep(grid.stepMs)} steps` : null}
      grid={grid}
      series={series}
      gaps={gaps}
      lane={lane}
      format={(value) => plainFigure(value, locale)}
      formatTick={(value) => formatTick(value, locale)}
      emptyText="No requests in this range."
      error={metrics.error}
      onRetry={metrics.retry}
      isFetching={metrics.isFetching}
      onInView={setInView}
    />
  );
}

/** Percentiles of the endpoint, or one percentile of each deployment. */
export function LatencyPanel({ context, lane }: { context: PanelContext; lane: React.ReactNode }) {
  const [inView, setInView] = useState(false);
  const [percentile, setPercentile] = useState<(typeof PERCENTILES)[number]['label']>('p95');
  const { locale } = usePreferences();
  const grouped = context.state.group === 'deployment';
  const wanted = grouped ? PERCENTILES.filter(({ label }) => label === percentile) : PERCENTILES;
  const metrics = usePanelMetrics(
    context.endpoint,
    context.state,
    // Requests tell an hour without calls from one that nobody measured.
    [...wanted.map(({ metric }) => metric), 'Requests'],
    grouped ? ['deployment'] : [],
    inView,
  );
  const { grid, series, gaps, idle } = useMemo(() => {
    const shared = gridOf(metrics.results);
    const [first] = metrics.results;
    if (!first || !shared) return NOTHING;
    const all = grouped
      ? deploymentSeries(context, shared, first)
      : PERCENTILES.map(({ label, look }, index): ChartSeries => ({
          id: label,
          label,
          look,
          values: valuesOn(shared, metrics.results[index]?.series[0]),
          samples: samplesOn(shared, metrics.results[index]?.series[0]),
        }));
    const requests = metrics.results.at(-1);
    const counts = (requests?.series ?? []).map((one) => valuesOn(shared, one));
    return {
      grid: shared,
      series: all,
      gaps: gapsOf(shared, counts, first.fetchedAtMs, context.bornMs),
      idle: idleBandsOf(shared, counts),
    };
  }, [metrics.results, grouped, context]);
  return (
    <ChartPanel
      {...context.chart}
      title="Latency"
      metric="RequestLatency"
      unit="milliseconds"
      caption={
        grouped ? (
          <SegmentedControl
            label="Percentile"
            options={PERCENTILES.toReversed().map(({ label }) => ({ id: label, label }))}
            value={percentile}
            onChange={setPercentile}
          />
        ) : (
          'ms, total at the gateway'
        )
      }
      grid={grid}
      series={series}
      gaps={gaps}
      idle={idle ?? []}
      lane={lane}
      endLabels={series.length <= 4}
      hasMean={false}
      format={(value) => formatLatency(value, locale)}
      formatTick={(value) => formatTick(value, locale)}
      emptyText="No requests in this range, so nothing to time."
      error={metrics.error}
      onRetry={metrics.retry}
      isFetching={metrics.isFetching}
      onInView={setInView}
    />
  );
}

/** What the dashboards of the original call this metric. */
export function RequestsPerMinutePanel({ context }: { context: PanelContext }) {
  const { locale } = usePreferences();
  return (
    <TrafficLines
      context={context}
      title="Requests per minute"
      metric="Requests"
      unit="requests per minute"
      caption="req/min"
      derive={(grid, result, values) => ratesOf(grid, values, result.fetchedAtMs).map((rate) => rate && rate * 60)}
      format={(value) => plainFigure(value, locale)}
      formatTick={(value) => formatTick(value, locale)}
      emptyText="No requests in this range."
    />
  );
}

/** Answers from 500 on. Below 20 requests a ratio is mostly chance; the figure beside it says how many there were. */
export function ErrorRatePanel({ context }: { context: PanelContext }) {
  const { locale } = usePreferences();
  return (
    <TrafficLines
      context={context}
      title="Error rate"
      metric="ErrorRate"
      unit="ratio"
      caption="5xx of all answers"
      whole={{ shape: 'area', colour: 'var(--color-http-5xx-edge)', fill: 'var(--color-danger-wash)', width: 1.5 }}
      minTop={0.01}
      hasMean={false}
      format={(value) => formatRatio(value, locale)}
      formatTick={(value, isTop) => `${formatTick(value * 100, locale)}${isTop ? ' %' : ''}`}
      emptyText="No requests in this range, so no errors either."
    />
  );
}

interface TrafficLinesProps {
  context: PanelContext;
  title: string;
  metric: MetricName;
  unit: string;
  caption: string;
  whole?: SeriesLook;
  minTop?: number;
  hasMean?: boolean;
  /** Values to draw from what was measured. */
  derive?: (grid: TimeGrid, result: RangeMetrics, values: readonly (number | null)[]) => (number | null)[];
  format: (value: number | null) => FormattedFigure;
  formatTick: (value: number, isTop: boolean) => string;
  emptyText: string;
}

/** One metric: a line of the endpoint, or one of each deployment. */
function TrafficLines({ context, metric, whole = WHOLE, derive, title, ...panel }: TrafficLinesProps) {
  const [inView, setInView] = useState(false);
  const grouped = context.state.group === 'deployment';
  const metrics = usePanelMetrics(
    context.endpoint,
    context.state,
    [metric, 'Requests'],
    grouped ? ['deployment'] : [],
    inView,
  );
  const { grid, series, gaps, idle } = useMemo(() => {
    const [result, requests] = metrics.results;
    const shared = gridOf(metrics.results);
    if (!result || !requests || !shared) return NOTHING;
    const counts = requests.series.map((one) => valuesOn(shared, one));
    const measured = grouped
      ? deploymentSeries(context, shared, result)
      : [
          {
            id: 'all',
            label: context.state.selected[0] ?? 'all deployments',
            look: whole,
            values: valuesOn(shared, result.series[0]),
            samples: samplesOn(shared, result.series[0]),
          },
        ];
    return {
      grid: shared,
      series: measured.map((one) => (derive ? { ...one, values: derive(shared, result, one.values) } : one)),
      gaps: gapsOf(shared, counts, result.fetchedAtMs, context.bornMs),
      idle: derive ? [] : idleBandsOf(shared, counts),
    };
    // `derive` and `whole` are constants of the panel.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [metrics.results, grouped, context]);
  return (
    <ChartPanel
      {...context.chart}
      {...panel}
      title={title}
      metric={title.replaceAll(' ', '')}
      grid={grid}
      series={series}
      gaps={gaps}
      idle={idle ?? []}
      height={150}
      error={metrics.error}
      onRetry={metrics.retry}
      isFetching={metrics.isFetching}
      onInView={setInView}
    />
  );
}

const NOTHING = { grid: null, series: [], gaps: [], idle: [] };

/** Series of the deployments that are chosen, in the order of their slots. */
export function deploymentSeries(context: PanelContext, grid: TimeGrid, result: RangeMetrics): ChartSeries[] {
  return result.series
    .map((one): ChartSeries & { slot: number } => {
      const name = one.labels.deployment ?? '';
      const slot = context.slots.get(name) ?? 0;
      return {
        id: name,
        label: name === '' ? 'no deployment' : name,
        slot,
        look: deploymentLook(slot),
        values: valuesOn(grid, one),
        samples: samplesOn(grid, one),
        deployment: name,
      };
    })
    .filter(({ id }) => context.state.selected.length === 0 || context.state.selected.includes(id))
    .toSorted((a, b) => (a.slot || 99) - (b.slot || 99));
}

/** A class that never came counts 0 wherever anything was measured. */
function emptyCounts(grid: TimeGrid, counts: ReadonlyMap<string, (number | null)[]>): (number | null)[] {
  const known = [...counts.values()];
  return Array.from({ length: grid.count }, (_, index) => (known.some((values) => values[index] != null) ? 0 : null));
}
