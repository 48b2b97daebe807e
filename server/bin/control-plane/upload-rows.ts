import type { UploadStore } from '#server/models/upload-store.ts';
import type { Database } from '#server/store/database.ts';
import { deleteUpload, findUpload, listExpiredUploads, saveUpload } from '#server/store/upload-store.ts';

/** Keeps the rows of uploads in the database. */
export function createUploadRows(database: Database): UploadStore {
  return {
    find: (id) => findUpload(database, id),
    save: (upload) => database.transact((transaction) => saveUpload(transaction, upload)),
    delete: (id) => database.transact((transaction) => deleteUpload(transaction, id)),
    listExpired: (nowMs) => listExpiredUploads(database, nowMs),
  };
}
