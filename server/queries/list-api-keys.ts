import type { ApiKey } from '#lib/contracts/identity.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import { presentApiKey } from '#server/domain/present-identity.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listApiKeys as listRecords } from '#server/store/api-key-store.ts';
import { findUser } from '#server/store/user-store.ts';
import { pageOf, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

/** API keys without their values, oldest first. */
export async function listApiKeys(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  page: PageRequest,
): Promise<ListPage<ApiKey>> {
  authorize(actor, 'api_key.read', '/api-keys');
  const rows = await listRecords(context.database);
  // Ids are ordered by time, as the rows are.
  const { items, nextCursor } = pageOf('api-keys', rows, ({ id }) => id, page);
  const shown = items.map(async (row) => {
    const owner = await findUser(context.database, row.userId);
    return presentApiKey(row, owner?.email ?? row.userId);
  });
  return { items: await Promise.all(shown), next_cursor: nextCursor };
}
