import { raiseCounter, readCounter } from './counter-store.ts';
import type { Reader, Transaction } from './database.ts';

/**
 * Revision of a new object: above that of every object that was deleted, so that an ETag of one that is gone never fits another that was
 * given its name. One mark for all of them instead of one for each name, which would never stop growing.
 */
export async function firstRevision(reader: Reader): Promise<number> {
  return (await readCounter(reader, 'retired_revision')) + 1;
}

/** Remembers the revision of an object that is deleted; without one there was nothing to delete. */
export async function retireRevision(transaction: Transaction, row: { revision: number } | undefined): Promise<void> {
  if (row !== undefined) await raiseCounter(transaction, 'retired_revision', row.revision);
}
