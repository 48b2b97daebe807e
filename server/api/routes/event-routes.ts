import { z } from 'zod';
import type { ChangeEvent } from '#lib/contracts/event.ts';
import type { RecordedChange } from '#server/domain/change.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { type FollowedChange, followChanges } from '#server/queries/follow-changes.ts';
import type { QueryContext } from '#server/queries/query-context.ts';
import { type EventStream, openEventStream } from '../event-stream.ts';
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
        for await (const followed of changes) send(stream, followed);
        stream.close();
        return ANSWERED;
      },
    }),
  ];
}

function send(stream: EventStream, followed: FollowedChange): void {
  if (followed.kind === 'start') return stream.start(String(followed.position));
  if (followed.kind === 'reset') {
    const { position } = followed;
    return stream.send({ id: String(position), name: 'reset', data: { position } });
  }
  const { change } = followed;
  stream.send({ id: String(change.id), name: 'change', data: presentChange(change) });
}

function presentChange({ resource, kind, revision, at }: RecordedChange): ChangeEvent {
  return { resource, kind, revision, at: formatInstant(at) };
}
