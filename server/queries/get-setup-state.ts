import { needsFirstUser } from '#server/store/user-store.ts';
import type { QueryContext } from './query-context.ts';

/** Whether the first administrator is missing. The only question that nobody has to be authorized for. */
export async function getSetupState(context: Pick<QueryContext, 'database'>): Promise<{ needs_setup: boolean }> {
  return { needs_setup: await needsFirstUser(context.database) };
}
