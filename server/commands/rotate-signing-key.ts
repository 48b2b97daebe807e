import type { Actor } from '#server/domain/actor.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { CommandContext } from './command-context.ts';
import { replaceSigningKey } from './ensure-signing-key.ts';

/**
 * Makes a new key sign endpoint tokens from now on.
 * @param revoke refuse every token issued so far, instead of letting each run out
 * @throws AppError `traffic.not_confirmed`
 */
export async function rotateSigningKey(
  context: Pick<CommandContext, 'database' | 'masterKey' | 'routes'>,
  actor: Actor,
  { revoke }: { revoke: boolean },
): Promise<void> {
  const object = '/token-signing-keys';
  authorize(actor, 'signing_key.rotate', object);
  await replaceSigningKey(context, {
    revoke,
    note: async (transaction) => {
      await recordAudit(transaction, { actor, action: 'signing_key.rotate', object, detail: { revoke } });
    },
  });
}
