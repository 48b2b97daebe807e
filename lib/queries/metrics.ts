import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { MetricName, MetricsResult, SplitDimension } from '#lib/contracts/metrics.ts';
import { fetchJson, withSearch } from './fetch-json.ts';
import { keys } from './keys.ts';

export interface MetricsRequest {
  metric: MetricName;
  endpoint?: string;
  deployment?: string;
  /** Either two instants, or the last so many milliseconds up to the time of asking. */
  range: { from: string; to: string } | { lastMs: number };
  stepSeconds?: number;
  /** One point for the whole range. */
  isTotal?: boolean;
  splitBy?: readonly SplitDimension[];
}

/** A request can be asked for within a second of its answer, and is to be seen within five. */
export const METRICS_REFETCH_MS = 4_000;

/** A range that moves is asked again every few seconds; one that is fixed is asked once. */
export function metricsQuery(request: MetricsRequest) {
  const moving = 'lastMs' in request.range;
  return queryOptions({
    queryKey: keys.metrics.query({ ...request }),
    queryFn: ({ signal }) => fetchJson<MetricsResult>(metricsPath(request, Date.now()), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: moving ? METRICS_REFETCH_MS : false,
    staleTime: moving ? METRICS_REFETCH_MS : Infinity,
  });
}

export function metricsPath(request: MetricsRequest, now: number): string {
  const { range } = request;
  const bounds =
    'lastMs' in range
      ? { from: new Date(now - range.lastMs).toISOString(), to: new Date(now).toISOString() }
      : { from: range.from, to: range.to };
  return withSearch('/metrics/query', {
    metric: request.metric,
    endpoint: request.endpoint,
    deployment: request.deployment,
    ...bounds,
    step_seconds: request.stepSeconds,
    granularity: request.isTotal === true ? 'total' : undefined,
    split_by: request.splitBy?.join(','),
  });
}
