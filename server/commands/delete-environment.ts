import type { Actor } from '#server/domain/actor.ts';
import { listEnvironmentUsers } from '#server/domain/present-environment.ts';
import { environmentPath, environmentVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { deleteEnvironmentVersion as deleteRow, listEnvironmentVersions } from '#server/store/environment-store.ts';
import { findEnvironmentVersionOrRefuse } from '#server/store/find-or-refuse.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

type Context = Pick<CommandContext, 'database'>;

/**
 * Deletes a version; what was built of it goes when the cache is full.
 * @throws AppError `environment.not_found`, `environment.in_use` with its users
 */
export async function deleteEnvironmentVersion(
  context: Context,
  actor: Actor,
  { name, version, precondition }: { name: string; version: string; precondition: Precondition },
): Promise<void> {
  const object = environmentVersionPath(name, version);
  authorize(actor, 'environment.delete', object);
  await context.database.transact(async (transaction) => {
    const known = await findEnvironmentVersionOrRefuse(transaction, name, version);
    checkPrecondition(precondition, known.revision);
    await refuseInUse(transaction, name, known.version);
    await deleteRow(transaction, known);
    await recordAudit(transaction, { actor, action: 'environment.delete', object });
  });
}

/** Deletes an environment with all its versions. @throws AppError `environment.not_found`, `environment.in_use` with its users */
export async function deleteEnvironment(context: Context, actor: Actor, name: string): Promise<void> {
  const object = environmentPath(name);
  authorize(actor, 'environment.delete', object);
  await context.database.transact(async (transaction) => {
    const versions = await listEnvironmentVersions(transaction, name);
    if (versions.length === 0) throw new AppError('environment.not_found', `There is no environment "${name}".`);
    await refuseInUse(transaction, name);
    for (const version of versions) await deleteRow(transaction, version);
    await recordAudit(transaction, { actor, action: 'environment.delete', object });
  });
}

async function refuseInUse(transaction: Transaction, name: string, version?: string): Promise<void> {
  const usedBy = listEnvironmentUsers(await listAllDeployments(transaction), name, version);
  if (usedBy.length === 0) return;
  const what = version === undefined ? `Environment "${name}"` : `Environment version "${name}:${version}"`;
  const detail = `${what} is used by ${usedBy.join(', ')}. Delete or change those deployments first.`;
  throw new AppError('environment.in_use', detail, { details: { used_by: usedBy } });
}
