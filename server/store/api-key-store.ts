import { asc, eq } from 'drizzle-orm';
import { apiKeys } from '#drizzle/schema/api-keys.ts';
import { apiKeyPath } from '#server/domain/resource-path.ts';
import type { ApiKeyRecord } from '#server/domain/user.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';

/** Oldest first. */
export async function listApiKeys(reader: Reader): Promise<ApiKeyRecord[]> {
  return reader.orm.select().from(apiKeys).orderBy(asc(apiKeys.id)).all() as ApiKeyRecord[];
}

export async function findApiKey(reader: Reader, id: string): Promise<ApiKeyRecord | null> {
  return (reader.orm.select().from(apiKeys).where(eq(apiKeys.id, id)).get() as ApiKeyRecord | undefined) ?? null;
}

export async function findApiKeyByDigest(reader: Reader, sha256: string): Promise<ApiKeyRecord | null> {
  const row = reader.orm.select().from(apiKeys).where(eq(apiKeys.sha256, sha256)).get();
  return (row as ApiKeyRecord | undefined) ?? null;
}

export type NewApiKeyRow = Omit<ApiKeyRecord, 'createdAt' | 'lastUsedAt'>;

export async function insertApiKey(transaction: Transaction, made: NewApiKeyRow): Promise<ApiKeyRecord> {
  const row = transaction.orm
    .insert(apiKeys)
    .values({ ...made, createdAt: transaction.now })
    .returning()
    .get();
  await recordChange(transaction, { resource: apiKeyPath(made.id), kind: 'created', revision: null });
  return row as ApiKeyRecord;
}

export async function deleteApiKey(transaction: Transaction, id: string): Promise<void> {
  transaction.orm.delete(apiKeys).where(eq(apiKeys.id, id)).run();
  await recordChange(transaction, { resource: apiKeyPath(id), kind: 'deleted', revision: null });
}

/** Not told to the change feed: it happens with every request. */
export async function touchApiKey(transaction: Transaction, id: string): Promise<void> {
  transaction.orm.update(apiKeys).set({ lastUsedAt: transaction.now }).where(eq(apiKeys.id, id)).run();
}
