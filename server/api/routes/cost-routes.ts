import { costQuerySchema, costResultSchema } from '#lib/contracts/cost.ts';
import { queryCosts } from '#server/queries/query-costs.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

/** Without a range it is the last 30 days. */
const { from, to } = costQuerySchema.shape;
const costQuery = costQuerySchema.extend({ from: from.optional(), to: to.optional() }).strict();

export function costRoutes(context: QueryContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/costs',
      auth: 'api',
      summary: 'What ran and what it cost',
      tag: 'Cost',
      query: costQuery,
      responses: { 200: costResultSchema },
      handler: async ({ actor, query }) => ({ status: 200, body: await queryCosts(context, actor, query) }),
    }),
  ];
}
