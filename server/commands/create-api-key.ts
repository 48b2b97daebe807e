import { AppError } from '#server/kernel/app-error.ts';
import { newId } from '#server/kernel/ids.ts';
import type { ApiKeyCreated } from '#lib/contracts/identity.ts';
import type { Actor } from '#server/domain/actor.ts';
import { presentApiKey } from '#server/domain/present-identity.ts';
import { apiKeyPath } from '#server/domain/resource-path.ts';
import { createApiKey as createKeyValue } from '#server/identity/api-key-format.ts';
import { authorize } from '#server/identity/authorize.ts';
import { insertApiKey } from '#server/store/api-key-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findUser } from '#server/store/user-store.ts';
import type { CommandContext } from './command-context.ts';

export interface CreateApiKey {
  name: string;
  /** RFC 3339; null for a key that does not expire. */
  expiresAt: string | null;
}

/** Makes an API key of the caller's account and shows it, this once. */
export async function createApiKey(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  command: CreateApiKey,
): Promise<ApiKeyCreated> {
  authorize(actor, 'api_key.create', '/api-keys');
  const { value, shownPrefix, sha256 } = createKeyValue();
  return context.database.transact(async (transaction) => {
    const expiresAt = command.expiresAt === null ? null : Date.parse(command.expiresAt);
    if (expiresAt !== null && expiresAt <= transaction.now) refusePast();
    const owner = actor.userId === null ? null : await findUser(transaction, actor.userId);
    if (owner === null) throw new AppError('auth.forbidden', 'Only an account can own an API key.');
    const id = newId('key', transaction.now);
    const key = await insertApiKey(transaction, {
      id,
      name: command.name,
      prefix: shownPrefix,
      sha256,
      userId: owner.id,
      origin: 'api',
      expiresAt,
    });
    const detail = { name: key.name, prefix: key.prefix };
    await recordAudit(transaction, { actor, action: 'api_key.create', object: apiKeyPath(id), detail });
    return { ...presentApiKey(key, owner.email), value };
  });
}

function refusePast(): never {
  const message = 'must lie in the future';
  throw new AppError('request.invalid', `The field expires_at ${message}.`, {
    errors: [{ path: '/expires_at', message }],
  });
}
