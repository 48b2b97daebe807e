import type { ApiKey } from '#lib/contracts/identity.ts';
import type { Actor } from '#server/domain/actor.ts';
import { presentApiKey } from '#server/domain/present-identity.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listApiKeys as listRecords } from '#server/store/api-key-store.ts';
import { findUser } from '#server/store/user-store.ts';
import type { QueryContext } from './query-context.ts';

/** Every API key without its value, newest first. */
export async function listApiKeys(context: Pick<QueryContext, 'database'>, actor: Actor): Promise<ApiKey[]> {
  authorize(actor, 'api_key.read', '/api-keys');
  const records = await listRecords(context.database);
  return Promise.all(
    records.toReversed().map(async (record) => {
      const owner = await findUser(context.database, record.userId);
      return presentApiKey(record, owner?.email ?? record.userId);
    }),
  );
}
