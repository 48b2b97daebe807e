'use client';

import { useMemo, useState } from 'react';
import { ChartPanel } from '#components/charts/chart-panel.tsx';
import type { ChartSeries } from '#components/charts/chart-series.ts';
import { gapsOf, gridOf, ratesOf, valuesOn } from '#components/charts/time-grid.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { formatTick, plainFigure } from './format-values.ts';
import type { PanelContext } from './panel-context.ts';
import { countsOfCause, PROBLEM_CAUSES } from './problem-causes.ts';
import { dropSilent } from './series-looks.ts';
import { usePanelMetrics } from './use-panel-metrics.ts';

const NOTHING = { grid: null, series: [], gaps: [] };

/** Requests that got no answer of a model, by what was in the way. */
export function ProblemsPanel({ context }: { context: PanelContext }) {
  const [inView, setInView] = useState(false);
  const { locale } = usePreferences();
  const metrics = usePanelMetrics(context.endpoint, context.state, ['Requests'], ['reason'], inView);
  const { grid, series, gaps } = useMemo(() => {
    const [result] = metrics.results;
    const shared = result ? gridOf([result]) : null;
    if (!result || !shared) return NOTHING;
    const byReason = new Map(result.series.map((one) => [one.labels.reason ?? '', valuesOn(shared, one)] as const));
    const all = PROBLEM_CAUSES.map((cause): ChartSeries => {
      const counts = countsOfCause(cause, byReason, shared.count);
      const perSecond = ratesOf(shared, counts, result.fetchedAtMs);
      return { ...cause, values: perSecond.map((rate) => rate && rate * 60) };
    });
    return {
      grid: shared,
      series: dropSilent(all, () => false),
      gaps: gapsOf(shared, [...byReason.values()], result.fetchedAtMs, context.bornMs),
    };
  }, [metrics.results, context.bornMs]);
  return (
    <ChartPanel
      {...context.chart}
      title="Connection problems"
      metric="ConnectionProblems"
      unit="requests per minute"
      caption="req/min that no model answered"
      grid={grid}
      series={series}
      gaps={gaps}
      height={150}
      format={(value) => plainFigure(value, locale)}
      formatTick={(value) => formatTick(value, locale)}
      emptyTitle="No problems"
      emptyText="No request of this range was turned away, and none broke off."
      error={metrics.error}
      onRetry={metrics.retry}
      isFetching={metrics.isFetching}
      onInView={setInView}
    />
  );
}
