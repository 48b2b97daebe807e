import type { RegistryTest } from '#lib/contracts/registry.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { RegistryProbe } from '#server/domain/registry.ts';
import { registryPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { openRegistryPassword } from '#server/secrets/registry-password.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findRegistryOrRefuse } from '#server/store/find-or-refuse.ts';
import type { CommandContext } from './command-context.ts';

/** Signs in at a registry with what is stored for it. A command because it is written down before the password is opened. */
export async function testRegistry(
  context: Pick<CommandContext, 'database' | 'masterKey'> & { registryProbe: RegistryProbe },
  actor: Actor,
  host: string,
): Promise<RegistryTest> {
  const object = registryPath(host);
  authorize(actor, 'registry.write', object);
  const { username, ciphertext } = await context.database.transact(async (transaction) => {
    const registry = await findRegistryOrRefuse(transaction, host);
    await recordAudit(transaction, { actor, action: 'registry.test', object });
    return registry;
  });
  const password = openRegistryPassword(context.masterKey, host, ciphertext);
  return context.registryProbe.test({ host, username, password });
}
