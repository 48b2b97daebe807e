import type { RegistryWrite } from '#lib/contracts/registry.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { RegistryRecord } from '#server/domain/registry.ts';
import { registryPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { sealRegistryPassword } from '#server/secrets/registry-password.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findRegistry, saveRegistry } from '#server/store/registry-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

export interface PutRegistry {
  host: string;
  written: RegistryWrite;
  precondition: Precondition;
}

/**
 * Stores the credentials of a registry, sealed. Without a password the stored one stays: whoever edits the rest has never seen it.
 * @throws AppError `request.invalid` where there is none to keep
 */
export async function putRegistry(
  context: Pick<CommandContext, 'database' | 'masterKey'>,
  actor: Actor,
  { host, written, precondition }: PutRegistry,
): Promise<{ registry: RegistryRecord; created: boolean }> {
  const object = registryPath(host);
  authorize(actor, 'registry.write', object);
  return context.database.transact(async (transaction) => {
    const current = await findRegistry(transaction, host);
    checkPrecondition(precondition, current?.revision ?? null);
    const { username, password, description = '' } = written;
    const ciphertext =
      password === undefined ? current?.ciphertext : sealRegistryPassword(context.masterKey, host, password);
    if (ciphertext === undefined) throw missingPassword(host);
    const registry = await saveRegistry(transaction, { host, username, ciphertext, description });
    const action = current === null ? 'registry.create' : 'registry.update';
    const detail = { username, password_changed: password !== undefined };
    await recordAudit(transaction, { actor, action, object, detail });
    return { registry, created: current === null };
  });
}

function missingPassword(host: string): AppError {
  const message = 'is required for a registry that has no stored password';
  return new AppError('request.invalid', `The credentials of "${host}" need a password or token.`, {
    errors: [{ path: '/password', message }],
  });
}
