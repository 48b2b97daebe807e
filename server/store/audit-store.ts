import { createHash } from 'node:crypto';
import { and, asc, desc, eq, gt, lt } from 'drizzle-orm';
import { auditLog } from '#drizzle/schema/audit-log.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { Reader, Transaction } from './database.ts';

export interface NewAuditEntry {
  actor: Pick<Actor, 'name'>;
  /** What was done, as `authorize` names it: `endpoint.update`. */
  action: string;
  /** Path of the resource. */
  object: string;
  /** Facts without secrets. */
  detail?: Record<string, unknown>;
}

export interface AuditRecord {
  id: number;
  at: number;
  actor: string;
  action: string;
  object: string;
  detail: Record<string, unknown>;
}

type Row = typeof auditLog.$inferSelect;

const FIRST_HASH = '0'.repeat(64);

/** Writes an entry in the transaction of what it tells about; its hash covers the entry before. */
export async function recordAudit(transaction: Transaction, entry: NewAuditEntry): Promise<void> {
  const last = transaction.orm.select({ hash: auditLog.hash }).from(auditLog).orderBy(desc(auditLog.id)).limit(1).get();
  const content = {
    at: transaction.now,
    actor: entry.actor.name,
    action: entry.action,
    object: entry.object,
    detail: JSON.stringify(entry.detail ?? {}),
    previousHash: last?.hash ?? FIRST_HASH,
  };
  transaction.orm
    .insert(auditLog)
    .values({ ...content, hash: hashEntry(content) })
    .run();
}

/** Newest first. `before` is the id of the last one already seen. */
export async function listAudit(
  reader: Reader,
  filter: { object?: string | undefined; action?: string | undefined; before: number | null; limit: number },
): Promise<AuditRecord[]> {
  const rows = reader.orm
    .select()
    .from(auditLog)
    .where(
      and(
        filter.object === undefined ? undefined : eq(auditLog.object, filter.object),
        filter.action === undefined ? undefined : eq(auditLog.action, filter.action),
        filter.before === null ? undefined : lt(auditLog.id, filter.before),
      ),
    )
    .orderBy(desc(auditLog.id))
    .limit(filter.limit)
    .all();
  return rows.map(({ id, at, actor, action, object, detail }) => ({
    id,
    at,
    actor,
    action,
    object,
    detail: JSON.parse(detail) as Record<string, unknown>,
  }));
}

/** Id of the first entry that was changed, or that follows a missing one; null when the chain is whole. */
export async function findBrokenAuditEntry(reader: Reader): Promise<number | null> {
  const PAGE = 1000;
  let previousHash = FIRST_HASH;
  for (let after = 0; ;) {
    const rows = reader.orm
      .select()
      .from(auditLog)
      .where(gt(auditLog.id, after))
      .orderBy(asc(auditLog.id))
      .limit(PAGE)
      .all();
    for (const row of rows) {
      if (row.previousHash !== previousHash || row.hash !== hashEntry(row)) return row.id;
      previousHash = row.hash;
      after = row.id;
    }
    if (rows.length < PAGE) return null;
  }
}

function hashEntry(entry: Omit<Row, 'id' | 'hash'>): string {
  const { previousHash, at, actor, action, object, detail } = entry;
  const content = JSON.stringify([previousHash, at, actor, action, object, detail]);
  return createHash('sha256').update(content).digest('hex');
}
