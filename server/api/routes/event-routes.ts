import { z } from 'zod';
import type { ChangeEvent } from '#lib/contracts/event.ts';
import type { RecordedChange } from '#server/domain/change.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { followChanges } from '#server/queries/follow-changes.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { openEventStream } from '../event-stream.ts';
import { type AnyRoute, ANSWERED, defineRoute } from '../route.ts';

const eventsQuery = z.strictObject({
  /** For clients that cannot set the header, as on a first connection from a cached position. */
  last_event_id: z.coerce.number().int().nonnegative().optional(),
});

export function eventRoutes(context: QueryContext): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/events',
      auth: 'api',
      summary: 'Changes of resources as Server-Sent Events, resumable by Last-Event-ID',
      tag: 'Installation',
      query: eventsQuery,
      responses: { 200: null },
      handler: async ({ actor, query, raw, signal }) => {
        const header = Number(raw.request.headers['last-event-id'] ?? Number.NaN);
        const after = Number.isSafeInteger(header) && header >= 0 ? header : (query.last_event_id ?? null);
        const changes = followChanges(context, actor, after, signal);
        const stream = openEventStream(raw.reply, signal);
        for await (const change of changes) {
          if (change.kind === 'reset')
            stream.send({ id: String(change.position), name: 'reset', data: { position: change.position } });
          else stream.send({ id: String(change.change.id), name: 'change', data: presentChange(change.change) });
        }
        stream.close();
        return ANSWERED;
      },
    }),
  ];
}

function presentChange({ resource, kind, revision, at }: RecordedChange): ChangeEvent {
  return { resource, kind, revision, at: formatInstant(at) };
}
