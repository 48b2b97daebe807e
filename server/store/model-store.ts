import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { ModelFile } from '#lib/contracts/model.ts';
import { modelFiles } from '#drizzle/schema/model-files.ts';
import { modelVersions } from '#drizzle/schema/model-versions.ts';
import { models } from '#drizzle/schema/models.ts';
import type { ModelRecord, ModelVersionRecord } from '#server/domain/model.ts';
import { modelPath, modelVersionPath } from '#server/domain/resource-path.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';
import { firstRevision, retireRevision } from './retired-revision.ts';

type VersionRow = typeof modelVersions.$inferSelect;

export async function findModel(reader: Reader, name: string): Promise<ModelRecord | null> {
  return (reader.orm.select().from(models).where(eq(models.name, name)).get() as ModelRecord | undefined) ?? null;
}

/** By name. */
export async function listModels(reader: Reader): Promise<ModelRecord[]> {
  return reader.orm.select().from(models).orderBy(asc(models.name)).all() as ModelRecord[];
}

export type NewModel = Pick<ModelRecord, 'name' | 'description' | 'tags' | 'properties' | 'anonymous'>;

export async function insertModel(transaction: Transaction, made: NewModel): Promise<ModelRecord> {
  const revision = await firstRevision(transaction);
  const row = transaction.orm
    .insert(models)
    .values({ ...made, lastNumber: 0, revision, createdAt: transaction.now, updatedAt: transaction.now })
    .returning()
    .get();
  await recordChange(transaction, { resource: modelPath(made.name), kind: 'created', revision });
  return row as ModelRecord;
}

/** Changes a model's words and raises its revision. */
export async function updateModel(
  transaction: Transaction,
  name: string,
  change: Partial<Pick<ModelRecord, 'description' | 'tags' | 'properties' | 'lastNumber'>>,
): Promise<ModelRecord> {
  const row = transaction.orm
    .update(models)
    .set({ ...change, revision: sql`${models.revision} + 1`, updatedAt: transaction.now })
    .where(eq(models.name, name))
    .returning()
    .get() as ModelRecord | undefined;
  if (row === undefined) throw new Error(`Model ${name} is gone.`);
  await recordChange(transaction, { resource: modelPath(name), kind: 'updated', revision: row.revision });
  return row;
}

/** Removes a model that has no versions left. */
export async function deleteModel(transaction: Transaction, name: string): Promise<void> {
  const gone = transaction.orm.delete(models).where(eq(models.name, name)).returning().get();
  await retireRevision(transaction, gone);
  await recordChange(transaction, { resource: modelPath(name), kind: 'deleted', revision: null });
}

export async function findModelVersion(
  reader: Reader,
  name: string,
  version: string,
): Promise<ModelVersionRecord | null> {
  const row = reader.orm
    .select()
    .from(modelVersions)
    .where(and(eq(modelVersions.modelName, name), eq(modelVersions.version, version)))
    .get();
  return row === undefined ? null : withFiles(reader, row);
}

/** Newest first. */
export async function listModelVersions(reader: Reader, name: string): Promise<ModelVersionRecord[]> {
  const rows = reader.orm
    .select()
    .from(modelVersions)
    .where(eq(modelVersions.modelName, name))
    .orderBy(desc(modelVersions.createdAt), desc(modelVersions.version))
    .all();
  return rows.map((row) => withFiles(reader, row));
}

export type NewModelVersion = Omit<ModelVersionRecord, 'revision' | 'createdAt' | 'updatedAt'>;

export async function insertModelVersion(transaction: Transaction, made: NewModelVersion): Promise<ModelVersionRecord> {
  const { files, ...version } = made;
  const revision = await firstRevision(transaction);
  const row = transaction.orm
    .insert(modelVersions)
    .values({ ...version, revision, createdAt: transaction.now, updatedAt: transaction.now })
    .returning()
    .get();
  for (const file of files) transaction.orm.insert(modelFiles).values(fileRow(made, file)).run();
  const resource = modelVersionPath(made.modelName, made.version);
  await recordChange(transaction, { resource, kind: 'created', revision });
  return { ...row, files } as ModelVersionRecord;
}

/** Changes the words about a version; its content never changes. */
export async function updateModelVersion(
  transaction: Transaction,
  key: { modelName: string; version: string },
  change: Partial<Pick<ModelVersionRecord, 'description' | 'tags' | 'properties' | 'stage'>>,
): Promise<ModelVersionRecord> {
  const row = transaction.orm
    .update(modelVersions)
    .set({ ...change, revision: sql`${modelVersions.revision} + 1`, updatedAt: transaction.now })
    .where(and(eq(modelVersions.modelName, key.modelName), eq(modelVersions.version, key.version)))
    .returning()
    .get();
  if (row === undefined) throw new Error(`Model version ${key.modelName}:${key.version} is gone.`);
  const resource = modelVersionPath(key.modelName, key.version);
  await recordChange(transaction, { resource, kind: 'updated', revision: row.revision });
  return withFiles(transaction, row);
}

export async function deleteModelVersion(transaction: Transaction, name: string, version: string): Promise<void> {
  const gone = transaction.orm
    .delete(modelVersions)
    .where(and(eq(modelVersions.modelName, name), eq(modelVersions.version, version)))
    .returning()
    .get();
  await retireRevision(transaction, gone);
  await recordChange(transaction, { resource: modelVersionPath(name, version), kind: 'deleted', revision: null });
}

function withFiles(reader: Reader, row: VersionRow): ModelVersionRecord {
  const files = reader.orm
    .select({ path: modelFiles.path, size_bytes: modelFiles.sizeBytes, sha256: modelFiles.sha256 })
    .from(modelFiles)
    .where(and(eq(modelFiles.modelName, row.modelName), eq(modelFiles.version, row.version)))
    .orderBy(asc(modelFiles.path))
    .all();
  return { ...row, files } as ModelVersionRecord;
}

function fileRow(version: { modelName: string; version: string }, file: ModelFile) {
  return {
    modelName: version.modelName,
    version: version.version,
    path: file.path,
    sizeBytes: file.size_bytes,
    sha256: file.sha256,
  };
}
