import { z } from 'zod';
import { metricsQuerySchema, metricsResultSchema } from '#lib/contracts/metrics.ts';
import type { MetricsSource } from '#server/domain/ports.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { queryMetrics } from '#server/queries/query-metrics.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

/** The name is looked up by the query, which knows what to suggest. Without a range it is the last hour. */
const { from, to } = metricsQuerySchema.shape;
const metricsQuery = metricsQuerySchema
  .extend({ metric: z.string(), from: from.optional(), to: to.optional() })
  .strict();

export function metricsRoutes(context: { metrics: MetricsSource; clock: Clock }): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/metrics/query',
      auth: 'api',
      summary: 'Ask for a metric over time',
      tag: 'Metrics',
      query: metricsQuery,
      responses: { 200: metricsResultSchema },
      handler: async ({ actor, query }) => ({ status: 200, body: await queryMetrics(context, actor, query) }),
    }),
  ];
}
