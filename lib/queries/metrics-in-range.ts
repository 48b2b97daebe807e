import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { MetricName, MetricsResult, SplitDimension } from '#lib/contracts/metrics.ts';
import { isLive, parseRange, resolveRange } from '#lib/time-range/time-range.ts';
import { fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';
import { METRICS_REFETCH_MS, metricsPath } from './metrics.ts';

export interface RangeMetricsRequest {
  metric: MetricName;
  endpoint?: string | undefined;
  deployment?: string | undefined;
  splitBy?: readonly SplitDimension[] | undefined;
  stepSeconds?: number | undefined;
  /** One point for the whole range. */
  isTotal?: boolean;
  /** Text of a range, relative or not: a relative one is resolved each time the question is asked. */
  range: string;
  timeZone: string;
}

export interface RangeMetricsOptions {
  /** Ask again every few seconds, if the range moves. */
  live: boolean;
  enabled?: boolean;
}

/** Above this length a new bucket comes so seldom that asking every five seconds would only cost. */
const SHORT_RANGE_MS = 6 * 3_600_000;
const LONG_REFETCH_MS = 30_000;
/** Old answers to a range that moves are of no use for long. */
const KEPT_MS = 60_000;

/** A metric over a range of the range grammar. `fetchedAtMs` is when it was asked, by this browser's clock. */
export function rangeMetricsQuery(request: RangeMetricsRequest, { live, enabled = true }: RangeMetricsOptions) {
  const range = parseRange(request.range);
  const moves = range !== null && isLive(range);
  const now = Date.now();
  const span = range ? resolveRange(range, now, request.timeZone) : { fromMs: now, toMs: now };
  const everyMs = span.toMs - span.fromMs <= SHORT_RANGE_MS ? METRICS_REFETCH_MS : LONG_REFETCH_MS;
  return queryOptions({
    queryKey: keys.metrics.query({ ...request }),
    queryFn: async ({ signal }) => {
      if (range === null) throw new Error(`"${request.range}" is no range of time.`);
      const fetchedAtMs = Date.now();
      const { fromMs, toMs } = resolveRange(range, fetchedAtMs, request.timeZone);
      const path = metricsPath(
        {
          metric: request.metric,
          range: { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
          ...(request.endpoint === undefined ? {} : { endpoint: request.endpoint }),
          ...(request.deployment === undefined ? {} : { deployment: request.deployment }),
          ...(request.splitBy === undefined ? {} : { splitBy: request.splitBy }),
          ...(request.stepSeconds === undefined ? {} : { stepSeconds: request.stepSeconds }),
          ...(request.isTotal === undefined ? {} : { isTotal: request.isTotal }),
        },
        fetchedAtMs,
      );
      return { ...(await fetchJson<MetricsResult>(path, { signal })), fetchedAtMs, fromMs, toMs };
    },
    placeholderData: keepPreviousData,
    refetchInterval: moves && live ? everyMs : false,
    staleTime: moves ? everyMs : Infinity,
    gcTime: KEPT_MS,
    enabled: enabled && range !== null,
  });
}

/** An answer and the span that it was asked for. */
export type RangeMetrics = MetricsResult & { fetchedAtMs: number; fromMs: number; toMs: number };
