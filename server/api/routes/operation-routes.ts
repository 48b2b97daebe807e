import { z } from 'zod';
import { OPERATION_STATUSES, operationListSchema, operationSchema } from '#lib/contracts/operation.ts';
import { cancelOperation } from '#server/commands/cancel-operation.ts';
import type { CommandContext } from '#server/commands/command-context.ts';
import { describeOperation } from '#server/queries/describe-operation.ts';
import { followOperation } from '#server/queries/follow-operation.ts';
import { getOperation } from '#server/queries/get-operation.ts';
import { listOperations } from '#server/queries/list-operations.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { accepted } from '../accepted.ts';
import { openEventStream } from '../event-stream.ts';
import { pageQueryShape } from '../page-query.ts';
import { type AnyRoute, ANSWERED, defineRoute } from '../route.ts';

const TAG = 'Operations';
const idParams = z.object({ id: z.string() });
const listQuery = z.strictObject({
  ...pageQueryShape,
  status: z.enum(OPERATION_STATUSES).optional(),
  /** A resource's path, for example `/endpoints/iris`; what lies below it is included. */
  resource: z
    .string()
    .startsWith('/')
    .transform((path) => (path.startsWith('/models/') ? path : path.toLowerCase()))
    .optional(),
});

export function operationRoutes(context: CommandContext & QueryContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/operations',
      auth: 'api',
      summary: 'List operations, newest first',
      tag: TAG,
      query: listQuery,
      responses: { 200: operationListSchema },
      handler: async ({ actor, query }) => {
        const { limit, cursor, ...filter } = query;
        return { status: 200, body: await listOperations(context, actor, filter, { limit, cursor }) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/operations/{id}',
      auth: 'api',
      summary: 'Read an operation',
      tag: TAG,
      params: idParams,
      responses: { 200: operationSchema },
      handler: async ({ actor, params }) => ({ status: 200, body: await getOperation(context, actor, params.id) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/operations/{id}/events',
      auth: 'api',
      summary: 'An operation and each change of it as Server-Sent Events, until it has ended',
      tag: TAG,
      params: idParams,
      responses: { 200: null },
      handler: async ({ actor, params, raw, signal }) => {
        await getOperation(context, actor, params.id);
        const stream = openEventStream(raw.reply, signal);
        let sent = 0;
        for await (const operation of followOperation(context, actor, params.id, signal)) {
          sent += 1;
          // Each event is the whole operation, so a resumed stream begins with the newest state and has missed nothing.
          stream.send({ id: String(sent), name: 'operation', data: operation });
        }
        stream.close();
        return ANSWERED;
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/operations/{id}/cancel',
      auth: 'api',
      summary: 'Stop an operation and put back what was before it',
      tag: TAG,
      params: idParams,
      body: z.strictObject({}).optional(),
      responses: { 202: operationSchema },
      handler: async ({ actor, params }) =>
        accepted(await describeOperation(context, await cancelOperation(context, actor, params.id))),
    }),
  ];
}
