import { z } from 'zod';
import { logsSchema } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import {
  authorizeLogs,
  followLogs,
  type LogsContext,
  type LogsRequest,
  readLogText,
} from '#server/queries/read-logs.ts';
import { openEventStream } from '../event-stream.ts';
import { deploymentParams } from '../path-params.ts';
import { type AnyRoute, ANSWERED, defineRoute, type RouteInput } from '../route.ts';

const MAX_TAIL = 50_000;

const logsQuery = z.strictObject({
  container: z.enum(['inference-server', 'storage-initializer', 'build']).default('inference-server'),
  tail: z.coerce.number().int().min(0).max(MAX_TAIL).default(500),
  instance: z.string().optional(),
  since: z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' }).optional(),
  follow: z.stringbool('must be "true" or "false"').default(false),
});

export function logRoutes(context: LogsContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/endpoints/{endpoint}/deployments/{deployment}/logs',
      auth: 'api',
      summary: 'Console of the instances, or with follow=true its lines as Server-Sent Events',
      tag: 'Deployments',
      params: deploymentParams,
      query: logsQuery,
      responses: { 200: logsSchema },
      handler: async ({ actor, params, query, raw, signal }) => {
        const { follow, ...rest } = query;
        const request: LogsRequest = { ...rest, key: { endpointName: params.endpoint, name: params.deployment } };
        if (!follow) return { status: 200, body: { content: await readLogText(context, actor, request) } };
        await authorizeLogs(context, actor, request.key);
        await streamLines(context, actor, request, { raw, signal });
        return ANSWERED;
      },
    }),
  ];
}

async function streamLines(
  context: LogsContext,
  actor: Actor,
  request: LogsRequest,
  { raw, signal }: Pick<RouteInput<unknown, unknown, unknown>, 'raw' | 'signal'>,
): Promise<void> {
  const resumed = raw.request.headers['last-event-id'];
  const stream = openEventStream(raw.reply, signal);
  const position = typeof resumed === 'string' && resumed !== '' ? { after: resumed, tail: MAX_TAIL } : {};
  await followLogs(
    context,
    actor,
    { ...request, ...position },
    ({ cursor, ...line }) => stream.send({ id: cursor, name: 'line', data: line }),
    signal,
  );
  stream.close();
}
