import type { Operation, OperationStatus } from '#lib/contracts/operation.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listOperations as listRows } from '#server/store/operation-store.ts';
import { describeOperations } from './describe-operation.ts';
import { closePage, decodeCursor, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

const LIST = 'operations';

export interface OperationsFilter {
  status?: OperationStatus | undefined;
  /** A resource's path; what lies below it is included. */
  resource?: string | undefined;
}

/** Newest first. */
export async function listOperations(
  { database }: Pick<QueryContext, 'database'>,
  actor: Actor,
  filter: OperationsFilter,
  { limit, cursor }: PageRequest,
): Promise<ListPage<Operation>> {
  authorize(actor, 'operation.read', '/operations');
  const before = decodeCursor(LIST, cursor);
  const rows = await listRows(database, { ...filter, before, limit: limit + 1 });
  const { items, nextCursor } = closePage(LIST, rows, ({ id }) => id, limit);
  return { items: await describeOperations({ database }, items), next_cursor: nextCursor };
}
