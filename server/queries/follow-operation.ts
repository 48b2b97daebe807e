import type { Operation } from '#lib/contracts/operation.ts';
import type { Actor } from '#server/domain/actor.ts';
import { operationPath } from '#server/domain/resource-path.ts';
import { getOperation } from './get-operation.ts';
import type { QueryContext } from './query-context.ts';

/** An operation as it is now and after each change of it, until it has ended or the signal aborts. */
export async function* followOperation(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Operation> {
  const path = operationPath(id);
  let changed = Promise.withResolvers<void>();
  const unsubscribe = context.database.onChanges((changes) => {
    if (changes.some(({ resource }) => resource === path)) changed.resolve();
  });
  const stop = (): void => changed.resolve();
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted) {
      const seen = changed;
      const operation = await getOperation(context, actor, id);
      yield operation;
      if (operation.status !== 'running') return;
      await seen.promise;
      changed = Promise.withResolvers();
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', stop);
  }
}
