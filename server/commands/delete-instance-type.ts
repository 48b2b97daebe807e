import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import { deploymentPath, instanceTypePath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import {
  deleteInstanceType as deleteRow,
  findInstanceType,
  instanceTypeKey,
} from '#server/store/instance-type-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

/** @throws AppError `instance_type.not_found`, or `instance_type.in_use` with its users */
export async function deleteInstanceType(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  { name, precondition }: { name: string; precondition: Precondition },
): Promise<void> {
  const object = instanceTypePath(name);
  authorize(actor, 'instance_type.delete', object);
  await context.database.transact(async (transaction) => {
    const type = await findInstanceType(transaction, name);
    if (type === null) throw new AppError('instance_type.not_found', `There is no instance type "${name}".`);
    checkPrecondition(precondition, type.revision);
    const users = await listUsers(transaction, name);
    if (users.length > 0) {
      const detail = `Instance type "${type.name}" is used by ${users.length} deployments. Give them another type first.`;
      throw new AppError('instance_type.in_use', detail, { details: { used_by: users } });
    }
    await deleteRow(transaction, name);
    await recordAudit(transaction, { actor, action: 'instance_type.delete', object });
  });
}

async function listUsers(reader: Reader, name: string): Promise<string[]> {
  const key = instanceTypeKey(name);
  const users = (await listAllDeployments(reader)).filter(({ spec }) => spec.instanceType === key);
  return users.map((user) => deploymentPath(user.endpointName, user.name));
}
