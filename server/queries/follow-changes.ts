import type { Actor } from '#server/domain/actor.ts';
import type { RecordedChange } from '#server/domain/change.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listChangesAfter, readFeedPosition } from '#server/store/change-feed.ts';
import type { QueryContext } from './query-context.ts';

/**
 * `start`: where the stream begins, so that a reader who leaves before the first change can come back there. `reset`: what came in between is no
 * longer known, so the reader fetches afresh and goes on from this position.
 */
export type FollowedChange =
  | { kind: 'start'; position: number }
  | { kind: 'reset'; position: number }
  | { kind: 'change'; change: RecordedChange };

const PAGE = 500;

/**
 * Changes after a position, then each new one, until the signal aborts; from now on without a position. Nothing is lost between the two: a
 * commit only wakes the reader, which reads on from where it is.
 */
export async function* followChanges(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  after: number | null,
  signal: AbortSignal,
): AsyncGenerator<FollowedChange> {
  authorize(actor, 'events.read', '/events');
  const { database } = context;
  let wake = Promise.withResolvers<void>();
  const unsubscribe = database.onChanges(() => wake.resolve());
  const stop = (): void => wake.resolve();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { oldest, newest } = await readFeedPosition(database);
    let position = after ?? newest;
    if (position < oldest || position > newest) {
      position = newest;
      yield { kind: 'reset', position };
    } else yield { kind: 'start', position };
    while (!signal.aborted) {
      const page = await listChangesAfter(database, position, PAGE);
      for (const change of page) yield { kind: 'change', change };
      position = page.at(-1)?.id ?? position;
      if (page.length > 0) continue;
      await wake.promise;
      wake = Promise.withResolvers();
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', stop);
  }
}
