'use client';

import { useQueries } from '@tanstack/react-query';
import { usePreferences } from '#components/layout/preferences.tsx';
import type { MetricName, SplitDimension } from '#lib/contracts/metrics.ts';
import { type RangeMetrics, rangeMetricsQuery } from '#lib/queries/metrics-in-range.ts';
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
  return useQueries({
    queries: metrics.map((metric) =>
      rangeMetricsQuery(
        { metric, endpoint, deployment: only, splitBy, range: state.rangeText, timeZone },
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
