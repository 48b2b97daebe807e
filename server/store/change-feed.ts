import { and, asc, gt, lt, sql } from 'drizzle-orm';
import { changes } from '#drizzle/schema/changes.ts';
import type { Change, RecordedChange } from '#server/domain/change.ts';
import type { Reader, Transaction } from './database.ts';

/** A stream that was away for longer than this many changes starts afresh. */
const KEPT_CHANGES = 10_000;

/** Records a change in the transaction that makes it; subscribers of the database hear of it after the commit. */
export async function recordChange(transaction: Transaction, change: Change): Promise<void> {
  const row = transaction.orm
    .insert(changes)
    .values({ ...change, at: transaction.now })
    .returning()
    .get();
  transaction.changes.push(row as RecordedChange);
  if (row.id % 1000 === 0)
    transaction.orm
      .delete(changes)
      .where(lt(changes.id, row.id - KEPT_CHANGES))
      .run();
}

export interface FeedPosition {
  /** Oldest position that can be resumed from. */
  oldest: number;
  newest: number;
}

export async function readFeedPosition(reader: Reader): Promise<FeedPosition> {
  const row = reader.orm
    .select({ oldest: sql<number | null>`min(${changes.id})`, newest: sql<number | null>`max(${changes.id})` })
    .from(changes)
    .get();
  return { oldest: (row?.oldest ?? 1) - 1, newest: row?.newest ?? 0 };
}

/** Changes after a position, oldest first. */
export async function listChangesAfter(reader: Reader, position: number, limit: number): Promise<RecordedChange[]> {
  const rows = reader.orm
    .select()
    .from(changes)
    .where(and(gt(changes.id, position)))
    .orderBy(asc(changes.id))
    .limit(limit)
    .all();
  return rows as RecordedChange[];
}
