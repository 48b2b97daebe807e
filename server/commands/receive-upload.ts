import type { Readable } from 'node:stream';
import type { Upload } from '#lib/contracts/upload.ts';
import type { Actor } from '#server/domain/actor.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { UploadIntent } from '#server/models/upload-receiver.ts';
import type { Uploads } from '#server/models/uploads.ts';
import type { AnswerMemory } from './remember-answer.ts';

export interface ReceiveUpload {
  intent: UploadIntent;
  body: Readable;
  /** Idempotency key and route: the same content sent again is the upload of the first time, and nothing is kept of the second. */
  once: { key: string; route: string } | null;
}

/** Takes a whole upload out of a request's body. @throws AppError `upload.…`, `request.too_large`, `request.idempotency_key_reused` */
export function receiveUpload(
  { uploads, answers }: { uploads: Pick<Uploads, 'receiveOneShot' | 'digest'>; answers: AnswerMemory },
  actor: Actor,
  { intent, body, once }: ReceiveUpload,
): Promise<Upload> {
  authorize(actor, 'upload.write', '/uploads');
  if (once === null) return uploads.receiveOneShot(intent, body);
  return answers.replayStream<Upload>(
    { actor, ...once },
    {
      digest: () => uploads.digest(intent, body),
      run: async () => {
        const answer = await uploads.receiveOneShot(intent, body);
        return { answer, sha256: answer.sha256 };
      },
    },
  );
}
