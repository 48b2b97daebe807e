import { and, eq, lt } from 'drizzle-orm';
import { idempotencyKeys } from '#drizzle/schema/idempotency-keys.ts';
import type { Reader, Transaction } from './database.ts';

export interface IdempotentAnswer {
  /** SHA-256 in hex of method, path and body. */
  fingerprint: string;
  /** Sealed: an answer may hold a key that is shown once. */
  answer: string;
  createdAt: number;
}

export async function findIdempotentAnswer(
  reader: Reader,
  actorId: string,
  key: string,
): Promise<IdempotentAnswer | null> {
  const isRow = and(eq(idempotencyKeys.actorId, actorId), eq(idempotencyKeys.key, key));
  return reader.orm.select().from(idempotencyKeys).where(isRow).get() ?? null;
}

/** Keeps an answer, replacing an expired one, and forgets those made before `expiredBefore`. */
export async function saveIdempotentAnswer(
  transaction: Transaction,
  row: { actorId: string; key: string; fingerprint: string; answer: string },
  expiredBefore: number,
): Promise<void> {
  transaction.orm.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, expiredBefore)).run();
  const stored = { ...row, createdAt: transaction.now };
  transaction.orm
    .insert(idempotencyKeys)
    .values(stored)
    .onConflictDoUpdate({ target: [idempotencyKeys.actorId, idempotencyKeys.key], set: stored })
    .run();
}
