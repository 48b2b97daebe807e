import type { ModelFile } from '#lib/contracts/model.ts';
import type { Upload } from '#lib/contracts/upload.ts';

export interface UploadRecord {
  id: string;
  filename: string;
  state: Upload['state'];
  sizeBytes: number;
  receivedBytes: number;
  sha256: string;
  fileCount: number;
  entries: ModelFile[];
  unpack: boolean;
  createdAt: number;
  expiresAt: number;
}
