import type { MetricName } from '#lib/contracts/metrics.ts';
import type { HistogramField, ResourceField } from './roll-up-row.ts';

/** How a metric is computed from the rows of a bucket. Rates are counts divided by the step. */
export type MetricFormula =
  | { from: 'requests'; value: 'count' | 'per_minute' | 'bytes_per_second' }
  | { from: 'requests'; value: 'mean_ms' | 'error_ratio' }
  | { from: 'histogram'; field: HistogramField; quantile: number }
  | { from: 'samples'; field: ResourceField }
  | { from: 'capacity' };

export const METRIC_FORMULAS = {
  Requests: { from: 'requests', value: 'count' },
  RequestsPerMinute: { from: 'requests', value: 'per_minute' },
  NetworkBytes: { from: 'requests', value: 'bytes_per_second' },
  RequestLatency: { from: 'requests', value: 'mean_ms' },
  ErrorRate: { from: 'requests', value: 'error_ratio' },
  RequestLatency_P50: { from: 'histogram', field: 'duration', quantile: 0.5 },
  RequestLatency_P90: { from: 'histogram', field: 'duration', quantile: 0.9 },
  RequestLatency_P95: { from: 'histogram', field: 'duration', quantile: 0.95 },
  RequestLatency_P99: { from: 'histogram', field: 'duration', quantile: 0.99 },
  ModelLatency_P50: { from: 'histogram', field: 'model', quantile: 0.5 },
  ModelLatency_P95: { from: 'histogram', field: 'model', quantile: 0.95 },
  QueueTime_P95: { from: 'histogram', field: 'queue', quantile: 0.95 },
  CpuUtilizationPercentage: { from: 'samples', field: 'cpuPercent' },
  CpuMemoryUtilizationPercentage: { from: 'samples', field: 'memoryPercent' },
  MemoryBytes: { from: 'samples', field: 'memoryBytes' },
  DeploymentCapacity: { from: 'capacity' },
} as const satisfies Record<MetricName, MetricFormula>;
