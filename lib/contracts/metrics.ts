import { z } from 'zod';

/**
 * Metric names. The first block are the original's; the second our own. Latencies are milliseconds from the first byte of the request
 * to the last of the answer, measured at the gateway; every percentile is computed from merged histograms, never from other percentiles.
 */
export const METRICS = {
  RequestsPerMinute: { unit: 'count_per_minute', kind: 'traffic' },
  RequestLatency: { unit: 'milliseconds', kind: 'traffic' },
  RequestLatency_P50: { unit: 'milliseconds', kind: 'traffic' },
  RequestLatency_P90: { unit: 'milliseconds', kind: 'traffic' },
  RequestLatency_P95: { unit: 'milliseconds', kind: 'traffic' },
  RequestLatency_P99: { unit: 'milliseconds', kind: 'traffic' },
  NetworkBytes: { unit: 'bytes_per_second', kind: 'traffic' },
  CpuUtilizationPercentage: { unit: 'percent', kind: 'resource' },
  CpuMemoryUtilizationPercentage: { unit: 'percent', kind: 'resource' },
  DeploymentCapacity: { unit: 'count', kind: 'resource' },
  Requests: { unit: 'count', kind: 'traffic' },
  ErrorRate: { unit: 'ratio', kind: 'traffic' },
  ModelLatency_P50: { unit: 'milliseconds', kind: 'traffic' },
  ModelLatency_P95: { unit: 'milliseconds', kind: 'traffic' },
  QueueTime_P95: { unit: 'milliseconds', kind: 'traffic' },
  MemoryBytes: { unit: 'bytes', kind: 'resource' },
} as const satisfies Record<string, { unit: string; kind: 'traffic' | 'resource' }>;

export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as [MetricName, ...MetricName[]];

export const SPLIT_DIMENSIONS = [
  'endpoint',
  'deployment',
  'status_code_class',
  'status_code',
  'instance',
  'mirrored',
  'reason',
] as const;

export const metricsQuerySchema = z.object({
  metric: z.enum(METRIC_NAMES),
  endpoint: z.string().optional(),
  deployment: z.string().optional(),
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  /** Multiple of 10. Left out, the server picks one that gives at most 480 points. */
  step_seconds: z.coerce.number().int().positive().optional(),
  /** `total`: one point for the whole range, to the edges of what is kept; a percentile is that of all its requests. */
  granularity: z.enum(['total']).optional(),
  split_by: z
    .string()
    .transform((text) => text.split(',').filter(Boolean))
    .pipe(z.array(z.enum(SPLIT_DIMENSIONS)))
    .optional(),
  /** Of resource metrics: mean of the samples (default) or the largest one. */
  aggregation: z.enum(['average', 'maximum']).optional(),
  /** Copies sent to mirror targets: left out (default, unless split by `mirrored`), counted too, or nothing else. */
  mirrored: z.enum(['exclude', 'include', 'only']).optional(),
});

export const metricSeriesSchema = z.object({
  labels: z.record(z.string(), z.string()),
  /** `[epoch ms of the bucket's start, value]`; null where nothing was measured (no requests, so no latency). */
  points: z.array(z.tuple([z.number().int(), z.number().nullable()])),
  /** Requests behind each point, for traffic metrics. */
  samples: z.array(z.number().int()).optional(),
});

export const metricsResultSchema = z.object({
  metric: z.string(),
  unit: z.string(),
  step_seconds: z.number().int(),
  series: z.array(metricSeriesSchema),
  /** Buckets that start before this instant are complete. */
  complete_to_ms: z.number().int(),
});

export type MetricsQuery = z.infer<typeof metricsQuerySchema>;
export type MetricsResult = z.infer<typeof metricsResultSchema>;
export type MetricSeries = z.infer<typeof metricSeriesSchema>;
export type SplitDimension = (typeof SPLIT_DIMENSIONS)[number];
