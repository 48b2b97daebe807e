import { asc, eq, sql } from 'drizzle-orm';
import { instanceTypePrices } from '#drizzle/schema/instance-type-prices.ts';
import { instanceTypes } from '#drizzle/schema/instance-types.ts';
import type { InstanceTypePrice, InstanceTypeRecord } from '#server/domain/instance-type.ts';
import { instanceTypePath } from '#server/domain/resource-path.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';
import { firstRevision, retireRevision } from './retired-revision.ts';

type Definition = Omit<InstanceTypeRecord, 'revision' | 'createdAt' | 'updatedAt'>;

/** Names are compared without case. */
export const instanceTypeKey = (name: string): string => name.toLowerCase();

export async function findInstanceType(reader: Reader, name: string): Promise<InstanceTypeRecord | null> {
  const row = reader.orm
    .select()
    .from(instanceTypes)
    .where(eq(instanceTypes.key, instanceTypeKey(name)))
    .get();
  return (row as InstanceTypeRecord | undefined) ?? null;
}

/** By name. */
export async function listInstanceTypes(reader: Reader): Promise<InstanceTypeRecord[]> {
  return reader.orm.select().from(instanceTypes).orderBy(asc(instanceTypes.key)).all() as InstanceTypeRecord[];
}

/** Makes or replaces a type. */
export async function saveInstanceType(transaction: Transaction, type: Definition): Promise<InstanceTypeRecord> {
  const known = await findInstanceType(transaction, type.name);
  const revision = await firstRevision(transaction);
  const row = transaction.orm
    .insert(instanceTypes)
    .values({
      ...type,
      key: instanceTypeKey(type.name),
      revision,
      createdAt: transaction.now,
      updatedAt: transaction.now,
    })
    .onConflictDoUpdate({
      target: instanceTypes.key,
      set: { ...type, revision: sql`${instanceTypes.revision} + 1`, updatedAt: transaction.now },
    })
    .returning()
    .get() as InstanceTypeRecord;
  const kind = known === null ? 'created' : 'updated';
  await recordChange(transaction, { resource: instanceTypePath(row.name), kind, revision: row.revision });
  return row;
}

/** Removes a type; its prices stay, because what ran was charged by them. */
export async function deleteInstanceType(transaction: Transaction, name: string): Promise<void> {
  const gone = transaction.orm
    .delete(instanceTypes)
    .where(eq(instanceTypes.key, instanceTypeKey(name)))
    .returning()
    .get();
  await retireRevision(transaction, gone);
  await recordChange(transaction, { resource: instanceTypePath(name), kind: 'deleted', revision: null });
}

/** Every price there ever was, oldest first. */
export async function listPrices(reader: Reader): Promise<InstanceTypePrice[]> {
  return reader.orm.select().from(instanceTypePrices).orderBy(asc(instanceTypePrices.effectiveFrom)).all();
}

/** Puts a price in force from now on; two in the same millisecond count as the second. */
export async function insertPrice(
  transaction: Transaction,
  name: string,
  price: { pricePerHourMicros: number; currency: string },
): Promise<void> {
  const row = { ...price, instanceType: instanceTypeKey(name), effectiveFrom: transaction.now };
  transaction.orm
    .insert(instanceTypePrices)
    .values(row)
    .onConflictDoUpdate({ target: [instanceTypePrices.instanceType, instanceTypePrices.effectiveFrom], set: row })
    .run();
}
