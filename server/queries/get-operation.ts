import { AppError } from '#server/kernel/app-error.ts';
import type { Operation } from '#lib/contracts/operation.ts';
import type { Actor } from '#server/domain/actor.ts';
import { operationPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findOperation } from '#server/store/operation-store.ts';
import { describeOperation } from './describe-operation.ts';
import type { QueryContext } from './query-context.ts';

/** @throws AppError `operation.not_found` */
export async function getOperation(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  id: string,
): Promise<Operation> {
  authorize(actor, 'operation.read', operationPath(id));
  const operation = await findOperation(context.database, id);
  if (operation === null) throw new AppError('operation.not_found', `There is no operation "${id}".`);
  return describeOperation(context, operation);
}
