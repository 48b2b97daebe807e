import type { MetricsQuery, MetricsResult } from '#lib/contracts/metrics.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { MetricsSource } from '#server/domain/ports.ts';
import { authorize } from '#server/identity/authorize.ts';

/** Asks the telemetry process. @throws AppError `telemetry.unavailable`, or what telemetry refuses */
export async function queryMetrics(
  context: { metrics: MetricsSource },
  actor: Actor,
  query: MetricsQuery,
): Promise<MetricsResult> {
  authorize(actor, 'metrics.read', '/metrics');
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return context.metrics.queryMetrics(parameters);
}
