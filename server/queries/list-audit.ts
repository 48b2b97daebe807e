import type { AuditEntry } from '#lib/contracts/identity.ts';
import type { Actor } from '#server/domain/actor.ts';
import { presentAuditEntry } from '#server/domain/present-identity.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listAudit as listRecords } from '#server/store/audit-store.ts';
import type { QueryContext } from './query-context.ts';

export interface AuditQuery {
  object?: string | undefined;
  action?: string | undefined;
  /** Id of the last entry already seen. */
  before: number | null;
  limit: number;
}

/** Who changed what, newest first. */
export async function listAudit(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  query: AuditQuery,
): Promise<AuditEntry[]> {
  authorize(actor, 'audit.read', '/audit');
  const records = await listRecords(context.database, query);
  return records.map(presentAuditEntry);
}
