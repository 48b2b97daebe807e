import { asc, eq, lt } from 'drizzle-orm';
import { uploads } from '#drizzle/schema/uploads.ts';
import { uploadPath } from '#server/domain/resource-path.ts';
import type { UploadRecord } from '#server/domain/upload.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';

export async function findUpload(reader: Reader, id: string): Promise<UploadRecord | null> {
  return (reader.orm.select().from(uploads).where(eq(uploads.id, id)).get() as UploadRecord | undefined) ?? null;
}

export async function listExpiredUploads(reader: Reader, now: number): Promise<UploadRecord[]> {
  const rows = reader.orm.select().from(uploads).where(lt(uploads.expiresAt, now)).orderBy(asc(uploads.id)).all();
  return rows as UploadRecord[];
}

/** Makes or replaces the row of an upload. */
export async function saveUpload(transaction: Transaction, upload: UploadRecord): Promise<void> {
  transaction.orm.insert(uploads).values(upload).onConflictDoUpdate({ target: uploads.id, set: upload }).run();
  await recordChange(transaction, { resource: uploadPath(upload.id), kind: 'updated', revision: null });
}

export async function deleteUpload(transaction: Transaction, id: string): Promise<void> {
  transaction.orm.delete(uploads).where(eq(uploads.id, id)).run();
  await recordChange(transaction, { resource: uploadPath(id), kind: 'deleted', revision: null });
}
