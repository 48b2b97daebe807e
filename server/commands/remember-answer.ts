import { createHash } from 'node:crypto';
import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import { openValue, sealValue } from '#server/secrets/sealed-value.ts';
import { findIdempotentAnswer, saveIdempotentAnswer } from '#server/store/idempotency-store.ts';
import type { CommandContext } from './command-context.ts';

const KEPT_MS = 24 * 60 * 60_000;
const MAX_KEY_LENGTH = 255;

export interface IdempotentRequest {
  actor: Actor;
  /** As the caller sent it. */
  key: string;
  /** Method and path. */
  route: string;
  body: unknown;
}

/**
 * Gives the same answer to the same request for 24 hours; two at once are one. Answers are sealed, because one may hold a key that is shown once.
 * A request that fails is not remembered: it may be sent again.
 */
export interface AnswerMemory {
  /** @throws AppError `request.idempotency_key_reused`, `request.malformed` for a key that is empty or too long */
  replay<Answer>(request: IdempotentRequest, run: () => Promise<Answer>): Promise<Answer>;
}

export function createAnswerMemory(
  context: Pick<CommandContext, 'database' | 'masterKey'>,
  now: () => number,
): AnswerMemory {
  const underWay = new Map<string, Promise<unknown>>();

  async function replayOrRun<Answer>(request: IdempotentRequest, run: () => Promise<Answer>): Promise<Answer> {
    const { actor, key } = request;
    const fingerprint = fingerprintOf(request);
    const secretContext = `idempotency/${actor.id}/${key}`;
    const known = await findIdempotentAnswer(context.database, actor.id, key);
    if (known !== null && known.createdAt > now() - KEPT_MS) {
      if (known.fingerprint !== fingerprint) throw reused(key);
      return JSON.parse(openValue(context.masterKey, secretContext, known.answer)) as Answer;
    }
    const result = await run();
    const answer = sealValue(context.masterKey, secretContext, JSON.stringify(result));
    await context.database.transact((transaction) =>
      saveIdempotentAnswer(transaction, { actorId: actor.id, key, fingerprint, answer }, transaction.now - KEPT_MS),
    );
    return result;
  }

  return {
    async replay(request, run) {
      refuseBadKey(request.key);
      const slot = `${request.actor.id} ${request.key}`;
      const before = underWay.get(slot) ?? Promise.resolve();
      const turn = before.catch(() => undefined).then(() => replayOrRun(request, run));
      underWay.set(slot, turn);
      try {
        return await turn;
      } finally {
        if (underWay.get(slot) === turn) underWay.delete(slot);
      }
    },
  };
}

function fingerprintOf({ route, body }: IdempotentRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([route, body ?? null]))
    .digest('hex');
}

function refuseBadKey(key: string): void {
  if (key.length > 0 && key.length <= MAX_KEY_LENGTH) return;
  throw new AppError('request.malformed', `An Idempotency-Key has 1 to ${MAX_KEY_LENGTH} characters.`);
}

function reused(key: string): AppError {
  return new AppError(
    'request.idempotency_key_reused',
    `The Idempotency-Key "${key}" was used for another request within 24 hours. Use a new key for a new request.`,
  );
}
