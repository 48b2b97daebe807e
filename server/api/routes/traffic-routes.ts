import { trafficHistorySchema, trafficSchema, trafficWriteSchema } from '#lib/contracts/endpoint.ts';
import { mirrorComparisonsQuerySchema, mirrorComparisonsSchema } from '#lib/contracts/mirror-comparison.ts';
import { operationSchema } from '#lib/contracts/operation.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { setTraffic } from '#server/commands/set-traffic.ts';
import type { ComparisonSource } from '#server/domain/ports.ts';
import { describeOperation } from '#server/queries/describe-operation.ts';
import { describeTraffic, getTraffic } from '#server/queries/get-traffic.ts';
import { listMirrorComparisons } from '#server/queries/list-mirror-comparisons.ts';
import { listTrafficHistory } from '#server/queries/list-traffic-history.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { accepted } from '../accepted.ts';
import { pageQuerySchema } from '../page-query.ts';
import { endpointParams } from '../path-params.ts';
import { formatEtag } from '../preconditions.ts';
import { type AnyRoute, defineRoute } from '../route.ts';

const TAG = 'Traffic';

type Context = CommandContext & QueryContext & { comparisons: ComparisonSource };

export function trafficRoutes(context: Context): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/traffic',
      auth: 'api',
      summary: 'Read the split',
      tag: TAG,
      params: endpointParams,
      responses: { 200: trafficSchema },
      handler: async ({ actor, params }) => ({
        status: 200,
        body: await getTraffic(context, actor, params.endpoint),
      }),
    }),
    defineRoute({
      method: 'PUT',
      path: '/endpoints/{endpoint}/traffic',
      auth: 'api',
      summary: 'Set the split; answers 200 when every gateway worker serves it',
      tag: TAG,
      params: endpointParams,
      body: trafficWriteSchema,
      readOnlyFields: ['$schema', 'revision', 'route_revision', 'workers'],
      responses: { 200: trafficSchema, 202: operationSchema },
      handler: async ({ actor, params, body, precondition }) => {
        const command = { name: params.endpoint, written: body, precondition };
        const { endpoint, confirmation, operation } = await setTraffic(context, actor, command);
        if (operation === null) return { status: 200, body: await describeTraffic(context, endpoint, confirmation) };
        const shown = await describeOperation(context, operation);
        return accepted(shown, { etag: formatEtag(endpoint.revision) });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/traffic/history',
      auth: 'api',
      summary: 'Earlier splits, newest first',
      tag: TAG,
      params: endpointParams,
      query: pageQuerySchema,
      responses: { 200: trafficHistorySchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await listTrafficHistory(context, actor, params.endpoint, query),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/mirror-comparisons',
      auth: 'api',
      summary: 'How the answers of mirrors compare with the live ones, and the newest pairs that disagree',
      tag: TAG,
      params: endpointParams,
      query: mirrorComparisonsQuerySchema,
      responses: { 200: mirrorComparisonsSchema },
      handler: async ({ actor, params, query }) => ({
        status: 200,
        body: await listMirrorComparisons(context, actor, params.endpoint, query),
      }),
    }),
  ];
}
