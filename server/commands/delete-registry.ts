import type { Actor } from '#server/domain/actor.ts';
import { registryPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findRegistryOrRefuse } from '#server/store/find-or-refuse.ts';
import { deleteRegistry as deleteRow } from '#server/store/registry-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

/** Forgets the credentials of a registry. Images that are here stay. @throws AppError `registry.not_found` */
export async function deleteRegistry(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  { host, precondition }: { host: string; precondition: Precondition },
): Promise<void> {
  const object = registryPath(host);
  authorize(actor, 'registry.delete', object);
  await context.database.transact(async (transaction) => {
    const registry = await findRegistryOrRefuse(transaction, host);
    checkPrecondition(precondition, registry.revision);
    await deleteRow(transaction, host);
    await recordAudit(transaction, { actor, action: 'registry.delete', object });
  });
}
