import type { Readable } from 'node:stream';
import type { Upload } from '#lib/contracts/upload.ts';
import type { Actor } from '#server/domain/actor.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { UploadIntent } from '#server/models/upload-receiver.ts';
import type { Uploads } from '#server/models/uploads.ts';

/** Takes a whole upload out of a request's body. @throws AppError `upload.…`, `request.too_large` */
export function receiveUpload(
  { uploads }: { uploads: Pick<Uploads, 'receiveOneShot'> },
  actor: Actor,
  intent: UploadIntent,
  body: Readable,
): Promise<Upload> {
  authorize(actor, 'upload.write', '/uploads');
  return uploads.receiveOneShot(intent, body);
}
