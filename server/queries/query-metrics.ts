import { METRIC_NAMES, METRICS, type MetricsQuery, type MetricsResult } from '#lib/contracts/metrics.ts';
import type { Actor } from '#server/domain/actor.ts';
import { nearestName } from '#server/domain/nearest-name.ts';
import type { MetricsSource } from '#server/domain/ports.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { fillRange, type OpenRange } from './fill-range.ts';

const DEFAULT_SPAN_MS = 3_600_000;

/** Asks the telemetry process, for the last hour where no range is given. @throws AppError `metrics.unknown_metric`, `telemetry.unavailable`, or what telemetry refuses */
export async function queryMetrics(
  context: { metrics: MetricsSource; clock: Clock },
  actor: Actor,
  query: Omit<MetricsQuery, 'metric' | 'from' | 'to'> & OpenRange & { metric: string },
): Promise<MetricsResult> {
  authorize(actor, 'metrics.read', '/metrics');
  refuseUnknownMetric(query.metric);
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(fillRange(query, context.clock.now(), DEFAULT_SPAN_MS))) {
    if (value !== undefined) parameters.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return context.metrics.queryMetrics(parameters);
}

function refuseUnknownMetric(name: string): void {
  if (Object.hasOwn(METRICS, name)) return;
  const near = nearestName(name, METRIC_NAMES);
  const message = `is not a metric${near === null ? '' : `; did you mean "${near}"?`}`;
  throw new AppError(
    'metrics.unknown_metric',
    `"${name}" ${message}${near === null ? '.' : ''} There are ${METRIC_NAMES.join(', ')}.`,
    {
      errors: [{ path: '?metric', message }],
    },
  );
}
