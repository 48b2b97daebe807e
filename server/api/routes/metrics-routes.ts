import { metricsQuerySchema, metricsResultSchema } from '#lib/contracts/metrics.ts';
import type { MetricsSource } from '#server/domain/ports.ts';
import { queryMetrics } from '#server/queries/query-metrics.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

export function metricsRoutes(context: { metrics: MetricsSource }): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/metrics/query',
      auth: 'api',
      summary: 'Ask for a metric over time',
      tag: 'Metrics',
      query: metricsQuerySchema.strict(),
      responses: { 200: metricsResultSchema },
      handler: async ({ actor, query }) => ({ status: 200, body: await queryMetrics(context, actor, query) }),
    }),
  ];
}
