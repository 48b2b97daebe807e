import type { Actor } from '#server/domain/actor.ts';
import { uploadPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { Uploads } from '#server/models/uploads.ts';

/** Removes an upload and its bytes; models made of it keep their own. @throws AppError `upload.not_found`, `upload.in_use` */
export function deleteUpload(
  { uploads }: { uploads: Pick<Uploads, 'remove'> },
  actor: Actor,
  id: string,
): Promise<void> {
  authorize(actor, 'upload.delete', uploadPath(id));
  return uploads.remove(id);
}
