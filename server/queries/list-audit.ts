import type { AuditEntry } from '#lib/contracts/identity.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import { presentAuditEntry } from '#server/domain/present-identity.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listAudit as listRecords } from '#server/store/audit-store.ts';
import { closePage, decodeNumberCursor, presentPage, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

const LIST = 'audit';

/** Who changed what, newest first. */
export async function listAudit(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  filter: { object?: string | undefined; action?: string | undefined },
  { limit, cursor }: PageRequest,
): Promise<ListPage<AuditEntry>> {
  authorize(actor, 'audit.read', '/audit');
  const before = decodeNumberCursor(LIST, cursor);
  const rows = await listRecords(context.database, { ...filter, before, limit: limit + 1 });
  return presentPage(
    closePage(LIST, rows, ({ id }) => String(id), limit),
    presentAuditEntry,
  );
}
