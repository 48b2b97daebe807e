'use client';

import { useQueries } from '@tanstack/react-query';
import { usePreferences } from '#components/layout/preferences.tsx';
import type { MetricName, SplitDimension } from '#lib/contracts/metrics.ts';
import { type RangeMetrics, rangeMetricsQuery } from '#lib/queries/metrics-in-range.ts';
import type { Span } from '#lib/time-range/time-range.ts';
import type { MonitoringState } from './use-monitoring-state.ts';

export interface PanelMetrics {
  /** In the order asked for; empty until all have come. */
  results: readonly RangeMetrics[];
  error: unknown;
  isFetching: boolean;
  retry: () => void;
}

/** Several metrics over the page's range, for one panel; asked for only while the panel is in view. */
export function usePanelMetrics(
  endpoint: string,
  state: MonitoringState,
  metrics: readonly MetricName[],
  splitBy: readonly SplitDimension[],
  enabled: boolean,
): PanelMetrics {
  const { timeZone } = usePreferences();
  const [only] = state.group === 'endpoint' ? state.selected : [];
  const stepSeconds = stepOf(state.span);
  return useQueries({
    queries: metrics.map((metric) =>
      rangeMetricsQuery(
        { metric, endpoint, deployment: only, splitBy, stepSeconds, range: state.rangeText, timeZone },
        { live: state.live, enabled },
      ),
    ),
    combine: (queries) => {
      const results = queries.map(({ data }) => data);
      return {
        results: results.every((one) => one !== undefined) ? results : [],
        error: queries.find(({ error }) => error)?.error,
        isFetching: queries.some(({ isFetching }) => isFetching),
        retry: () => void Promise.all(queries.map(({ refetch }) => refetch())),
      };
    },
  });
}

const STEPS_SECONDS = [10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];
/** Finer buckets hold fewer requests and show mostly chance; a panel has no room for more either. */
const MAX_BUCKETS = 300;

/** Width of a bucket for a range: one for all panels, so that their crosshairs meet. */
function stepOf({ fromMs, toMs }: Span): number {
  const seconds = (toMs - fromMs) / 1000;
  return STEPS_SECONDS.find((step) => seconds / step <= MAX_BUCKETS) ?? 604_800;
}
