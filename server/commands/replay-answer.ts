import { createHash } from 'node:crypto';
import type { Actor } from '#server/domain/actor.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { openValue, sealValue } from '#server/secrets/sealed-value.ts';
import { findIdempotentAnswer, saveIdempotentAnswer } from '#server/store/idempotency-store.ts';
import type { CommandContext } from './command-context.ts';

const KEPT_MS = 24 * 3_600_000;
const MAX_KEY_LENGTH = 255;

export interface IdempotentCall {
  actor: Actor;
  key: string;
  /** Method and path. */
  route: string;
  body: unknown;
}

/**
 * Runs a call once for each key of a caller and answers the same for 24 hours. The answer is kept sealed, since it may hold a secret that is shown
 * once. A crash between the call and the keeping leaves the call made and the key unused, as without a key.
 * @throws AppError request.idempotency_key_reused when the key came with another body or path
 */
export async function replayAnswer<Answer>(
  context: Pick<CommandContext, 'database' | 'masterKey'>,
  call: IdempotentCall,
  now: number,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const { actor, key } = call;
  if (key.length > MAX_KEY_LENGTH)
    throw new AppError('request.invalid', `Idempotency-Key must have at most ${MAX_KEY_LENGTH} characters.`);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([call.route, call.body]))
    .digest('hex');
  const sealContext = `idempotency/${actor.id}/${key}`;
  const known = await findIdempotentAnswer(context.database, actor.id, key);
  if (known !== null && now - known.createdAt < KEPT_MS) {
    if (known.fingerprint === fingerprint)
      return JSON.parse(openValue(context.masterKey, sealContext, known.answer)) as Answer;
    throw new AppError(
      'request.idempotency_key_reused',
      `The Idempotency-Key "${key}" was used for another request within 24 hours. Use a new one.`,
    );
  }
  const answer = await run();
  const sealed = sealValue(context.masterKey, sealContext, JSON.stringify(answer));
  await context.database.transact((transaction) =>
    saveIdempotentAnswer(transaction, { actorId: actor.id, key, fingerprint, answer: sealed }, now - KEPT_MS),
  );
  return answer;
}
