import type { Actor } from '#server/domain/actor.ts';
import { apiKeyPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { deleteApiKey, findApiKey } from '#server/store/api-key-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { CommandContext } from './command-context.ts';

/**
 * Ends a key at once.
 * @throws AppError api_key.not_found
 */
export async function revokeApiKey(context: Pick<CommandContext, 'database'>, actor: Actor, id: string): Promise<void> {
  authorize(actor, 'api_key.delete', apiKeyPath(id));
  await context.database.transact(async (transaction) => {
    const key = await findApiKey(transaction, id);
    if (key === null) throw new AppError('api_key.not_found', `There is no API key ${id}.`);
    await deleteApiKey(transaction, id);
    await recordAudit(transaction, {
      actor,
      action: 'api_key.delete',
      object: apiKeyPath(id),
      detail: { name: key.name },
    });
  });
}
