import type { TokenSigningKeyList } from '#lib/contracts/token-signing-key.ts';
import type { Actor } from '#server/domain/actor.ts';
import { presentTokenSigningKeys } from '#server/domain/token-signing-key.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listTokenSigningKeys as listRecords } from '#server/store/token-signing-key-store.ts';
import type { QueryContext } from './query-context.ts';

/** The keys that endpoint tokens are verified with, oldest first. */
export async function listTokenSigningKeys(
  context: Pick<QueryContext, 'database' | 'clock'>,
  actor: Actor,
): Promise<TokenSigningKeyList> {
  authorize(actor, 'signing_key.read', '/token-signing-keys');
  return presentTokenSigningKeys(await listRecords(context.database), context.clock.now());
}
