import { asc, eq, sql } from 'drizzle-orm';
import { registryCredentials } from '#drizzle/schema/registry-credentials.ts';
import type { RegistryRecord } from '#server/domain/registry.ts';
import { registryPath } from '#server/domain/resource-path.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';
import { firstRevision, retireRevision } from './retired-revision.ts';

type Definition = Omit<RegistryRecord, 'revision' | 'createdAt' | 'updatedAt'>;

export async function findRegistry(reader: Reader, host: string): Promise<RegistryRecord | null> {
  const row = reader.orm.select().from(registryCredentials).where(eq(registryCredentials.host, host)).get();
  return row ?? null;
}

/** By host. */
export async function listRegistries(reader: Reader): Promise<RegistryRecord[]> {
  return reader.orm.select().from(registryCredentials).orderBy(asc(registryCredentials.host)).all();
}

/** Makes or replaces the credentials of a registry. */
export async function saveRegistry(transaction: Transaction, definition: Definition): Promise<RegistryRecord> {
  const known = await findRegistry(transaction, definition.host);
  const revision = await firstRevision(transaction);
  const row = transaction.orm
    .insert(registryCredentials)
    .values({ ...definition, revision, createdAt: transaction.now, updatedAt: transaction.now })
    .onConflictDoUpdate({
      target: registryCredentials.host,
      set: { ...definition, revision: sql`${registryCredentials.revision} + 1`, updatedAt: transaction.now },
    })
    .returning()
    .get();
  const kind = known === null ? 'created' : 'updated';
  await recordChange(transaction, { resource: registryPath(row.host), kind, revision: row.revision });
  return row;
}

export async function deleteRegistry(transaction: Transaction, host: string): Promise<void> {
  const gone = transaction.orm.delete(registryCredentials).where(eq(registryCredentials.host, host)).returning().get();
  await retireRevision(transaction, gone);
  await recordChange(transaction, { resource: registryPath(host), kind: 'deleted', revision: null });
}
