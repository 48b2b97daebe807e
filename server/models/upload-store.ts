import type { UploadRecord } from '#server/domain/upload.ts';

/** Where the rows of uploads are kept. Each call is one transaction and durable when it resolves. */
export interface UploadStore {
  find(id: string): Promise<UploadRecord | null>;
  /** Makes or replaces the row. */
  save(upload: UploadRecord): Promise<void>;
  delete(id: string): Promise<void>;
  /** Rows whose `expiresAt` lies before an instant. */
  listExpired(nowMs: number): Promise<UploadRecord[]>;
}
