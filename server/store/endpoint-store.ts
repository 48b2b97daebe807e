import { randomUUID } from 'node:crypto';
import { asc, eq, sql } from 'drizzle-orm';
import { endpoints } from '#drizzle/schema/endpoints.ts';
import { endpointKeys } from '#drizzle/schema/endpoint-keys.ts';
import { trafficHistory } from '#drizzle/schema/traffic-history.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import type { EndpointKeyRecord, EndpointRecord, EndpointSettings, KeySlot, Split } from '#server/domain/endpoint.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';
import { firstRevision, retireRevision } from './retired-revision.ts';

export async function findEndpoint(reader: Reader, name: string): Promise<EndpointRecord | null> {
  return (
    (reader.orm.select().from(endpoints).where(eq(endpoints.name, name)).get() as EndpointRecord | undefined) ?? null
  );
}

/** All of them by name; there are hundreds at most, and filters look at what is derived from several tables. */
export async function listEndpoints(reader: Reader): Promise<EndpointRecord[]> {
  return reader.orm.select().from(endpoints).orderBy(asc(endpoints.name)).all() as EndpointRecord[];
}

export async function listEndpointNames(reader: Reader): Promise<string[]> {
  const rows = reader.orm.select({ name: endpoints.name }).from(endpoints).orderBy(asc(endpoints.name)).all();
  return rows.map((row) => row.name);
}

/** Makes an endpoint without traffic. */
export async function insertEndpoint(
  transaction: Transaction,
  name: string,
  settings: EndpointSettings,
): Promise<EndpointRecord> {
  const revision = await firstRevision(transaction);
  const row = transaction.orm
    .insert(endpoints)
    .values({
      ...settings,
      name,
      uid: randomUUID(),
      traffic: {},
      mirrorTraffic: {},
      desiredState: 'run',
      revision,
      createdAt: transaction.now,
      updatedAt: transaction.now,
    })
    .returning()
    .get();
  await recordChange(transaction, { resource: endpointPath(name), kind: 'created', revision });
  return row as EndpointRecord;
}

/** Changes desired columns and raises the revision. The caller has found the endpoint in this transaction. */
export async function updateEndpoint(
  transaction: Transaction,
  name: string,
  change: Partial<EndpointSettings & Split & Pick<EndpointRecord, 'desiredState'>>,
): Promise<EndpointRecord> {
  const row = transaction.orm
    .update(endpoints)
    .set({ ...change, revision: sql`${endpoints.revision} + 1`, updatedAt: transaction.now })
    .where(eq(endpoints.name, name))
    .returning()
    .get() as EndpointRecord | undefined;
  if (row === undefined) throw new Error(`Endpoint ${name} is gone.`);
  await recordChange(transaction, { resource: endpointPath(name), kind: 'updated', revision: row.revision });
  return row;
}

/** Sets a split and writes its history row. Zeros are left out. */
export async function setTraffic(
  transaction: Transaction,
  name: string,
  split: Split,
  by: { actor: string; reason: string },
): Promise<EndpointRecord> {
  const stored = { traffic: withoutZeros(split.traffic), mirrorTraffic: withoutZeros(split.mirrorTraffic) };
  const endpoint = await updateEndpoint(transaction, name, stored);
  transaction.orm
    .insert(trafficHistory)
    .values({ ...stored, ...by, endpointName: name, revision: endpoint.revision, appliedAt: transaction.now })
    .run();
  return endpoint;
}

function withoutZeros(map: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(map).filter(([, percent]) => percent > 0));
}

/** Removes the row of an endpoint whose deployments are gone, with its keys, history and activities. */
export async function deleteEndpoint(transaction: Transaction, name: string): Promise<void> {
  const gone = transaction.orm.delete(endpoints).where(eq(endpoints.name, name)).returning().get();
  await retireRevision(transaction, gone);
  await recordChange(transaction, { resource: endpointPath(name), kind: 'deleted', revision: null });
}

export async function listEndpointKeys(reader: Reader, name: string): Promise<EndpointKeyRecord[]> {
  const rows = reader.orm
    .select()
    .from(endpointKeys)
    .where(eq(endpointKeys.endpointName, name))
    .orderBy(asc(endpointKeys.slot))
    .all();
  return rows as EndpointKeyRecord[];
}

/** Of every endpoint, by slot. */
export async function listAllEndpointKeys(reader: Reader): Promise<EndpointKeyRecord[]> {
  return reader.orm.select().from(endpointKeys).orderBy(asc(endpointKeys.slot)).all() as EndpointKeyRecord[];
}

/** Puts a key into its slot, replacing what was there. */
export async function saveEndpointKey(
  transaction: Transaction,
  name: string,
  slot: KeySlot,
  key: { ciphertext: string; sha256: string },
): Promise<void> {
  const row = { ...key, endpointName: name, slot, createdAt: transaction.now };
  transaction.orm
    .insert(endpointKeys)
    .values(row)
    .onConflictDoUpdate({ target: [endpointKeys.endpointName, endpointKeys.slot], set: row })
    .run();
}
