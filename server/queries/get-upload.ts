import type { UploadDetail } from '#lib/contracts/upload.ts';
import type { Actor } from '#server/domain/actor.ts';
import { uploadPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { Uploads } from '#server/models/uploads.ts';

/** @throws AppError `upload.not_found` */
export function getUpload(
  { uploads }: { uploads: Pick<Uploads, 'describe'> },
  actor: Actor,
  { id, detect }: { id: string; detect: boolean },
): Promise<UploadDetail> {
  authorize(actor, 'upload.read', uploadPath(id));
  return uploads.describe(id, { detect });
}
