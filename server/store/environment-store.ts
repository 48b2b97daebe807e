import { and, asc, desc, eq, sql } from 'drizzle-orm';
import { environmentVersions } from '#drizzle/schema/environment-versions.ts';
import { type EnvironmentVersionRecord, FIRST_BUILD } from '#server/domain/environment.ts';
import { environmentVersionPath } from '#server/domain/resource-path.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';
import { firstRevision, retireRevision } from './retired-revision.ts';

interface VersionKey {
  name: string;
  version: string;
}

const isVersion = ({ name, version }: VersionKey) =>
  and(eq(environmentVersions.name, name), eq(environmentVersions.version, version));

export async function findEnvironmentVersion(
  reader: Reader,
  name: string,
  version: string,
): Promise<EnvironmentVersionRecord | null> {
  const row = reader.orm.select().from(environmentVersions).where(isVersion({ name, version })).get();
  return (row as EnvironmentVersionRecord | undefined) ?? null;
}

/** Newest first. */
export async function listEnvironmentVersions(reader: Reader, name: string): Promise<EnvironmentVersionRecord[]> {
  const rows = reader.orm
    .select()
    .from(environmentVersions)
    .where(eq(environmentVersions.name, name))
    .orderBy(desc(environmentVersions.createdAt), desc(environmentVersions.version))
    .all();
  return rows as EnvironmentVersionRecord[];
}

/** By name, and the versions of each newest first. */
export async function listAllEnvironmentVersions(reader: Reader): Promise<EnvironmentVersionRecord[]> {
  const rows = reader.orm
    .select()
    .from(environmentVersions)
    .orderBy(asc(environmentVersions.name), desc(environmentVersions.createdAt), desc(environmentVersions.version))
    .all();
  return rows as EnvironmentVersionRecord[];
}

export type NewEnvironmentVersion = Omit<
  EnvironmentVersionRecord,
  'buildNumber' | 'revision' | 'createdAt' | 'updatedAt'
>;

export async function insertEnvironmentVersion(
  transaction: Transaction,
  made: NewEnvironmentVersion,
): Promise<EnvironmentVersionRecord> {
  const revision = await firstRevision(transaction);
  const row = transaction.orm
    .insert(environmentVersions)
    .values({ ...made, buildNumber: FIRST_BUILD, revision, createdAt: transaction.now, updatedAt: transaction.now })
    .returning()
    .get();
  await recordChange(transaction, {
    resource: environmentVersionPath(made.name, made.version),
    kind: 'created',
    revision,
  });
  return row as EnvironmentVersionRecord;
}

/** Changes the words about a version or the number of its build; its definition never changes. */
export async function updateEnvironmentVersion(
  transaction: Transaction,
  key: VersionKey,
  change: Partial<Pick<EnvironmentVersionRecord, 'description' | 'tags' | 'properties' | 'buildNumber'>>,
): Promise<EnvironmentVersionRecord> {
  const row = transaction.orm
    .update(environmentVersions)
    .set({ ...change, revision: sql`${environmentVersions.revision} + 1`, updatedAt: transaction.now })
    .where(isVersion(key))
    .returning()
    .get();
  if (row === undefined) throw new Error(`Environment version ${key.name}:${key.version} is gone.`);
  await recordChange(transaction, {
    resource: environmentVersionPath(key.name, key.version),
    kind: 'updated',
    revision: row.revision,
  });
  return row as EnvironmentVersionRecord;
}

export async function deleteEnvironmentVersion(transaction: Transaction, key: VersionKey): Promise<void> {
  const gone = transaction.orm.delete(environmentVersions).where(isVersion(key)).returning().get();
  await retireRevision(transaction, gone);
  await recordChange(transaction, {
    resource: environmentVersionPath(key.name, key.version),
    kind: 'deleted',
    revision: null,
  });
}
