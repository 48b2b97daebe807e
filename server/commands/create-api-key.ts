import type { Actor } from '#server/domain/actor.ts';
import type { ApiKeyRecord } from '#server/domain/user.ts';
import { apiKeyPath } from '#server/domain/resource-path.ts';
import { createApiKey as createKeyValue } from '#server/identity/api-key-format.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { newId } from '#server/kernel/ids.ts';
import { insertApiKey } from '#server/store/api-key-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { CommandContext } from './command-context.ts';

export interface CreateApiKey {
  name: string;
  /** Epoch milliseconds; null for a key that does not expire. */
  expiresAt: number | null;
}

/** Makes a key of the caller's account. Its value is in the answer and nowhere else. */
export async function createApiKey(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  command: CreateApiKey,
): Promise<ApiKeyRecord & { value: string }> {
  authorize(actor, 'api_key.create', '/api-keys');
  const { userId } = actor;
  if (userId === null) throw new AppError('auth.forbidden', 'Keys belong to an account, and this caller has none.');
  const { value, shownPrefix, sha256 } = createKeyValue();
  const record = await context.database.transact(async (transaction) => {
    if (command.expiresAt !== null && command.expiresAt <= transaction.now) {
      throw new AppError('request.invalid', '/expires_at must be in the future.', {
        errors: [{ path: '/expires_at', message: 'must be in the future' }],
      });
    }
    const id = newId('key', transaction.now);
    await recordAudit(transaction, {
      actor,
      action: 'api_key.create',
      object: apiKeyPath(id),
      detail: { name: command.name },
    });
    return insertApiKey(transaction, {
      id,
      userId,
      name: command.name,
      prefix: shownPrefix,
      sha256,
      origin: 'api',
      expiresAt: command.expiresAt,
    });
  });
  return { ...record, value };
}
