import { createHash } from 'node:crypto';
import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import { openValue, sealValue } from '#server/secrets/sealed-value.ts';
import { findIdempotentAnswer, saveIdempotentAnswer } from '#server/store/idempotency-store.ts';
import type { CommandContext } from './command-context.ts';

const KEPT_MS = 24 * 60 * 60_000;
const MAX_KEY_LENGTH = 255;

export interface IdempotentStream {
  actor: Actor;
  /** As the caller sent it. */
  key: string;
  /** Method and path. */
  route: string;
}

export interface IdempotentRequest extends IdempotentStream {
  body: unknown;
}

/** What can be done with a body that is known only once it has been read to its end: one of the two, once. */
export interface StreamedWork<Answer> {
  run(): Promise<{ answer: Answer; sha256: string }>;
  /** Reads the body and keeps nothing but its hash, to be compared with that of the request that was answered. */
  digest(): Promise<string>;
}

/**
 * Gives the same answer to the same request for 24 hours; two at once are one. Answers are sealed, because one may hold a key that is shown once.
 * A request that fails is not remembered: it may be sent again.
 */
export interface AnswerMemory {
  /** @throws AppError `request.idempotency_key_reused`, `request.malformed` for a key that is empty or too long */
  replay<Answer>(request: IdempotentRequest, run: () => Promise<Answer>): Promise<Answer>;
  /** The same for a body that is a stream. A second one waits, unread, until the first has been answered. */
  replayStream<Answer>(request: IdempotentStream, work: StreamedWork<Answer>): Promise<Answer>;
}

interface Attempt<Answer> {
  run(): Promise<{ answer: Answer; body: unknown }>;
  body(): Promise<unknown>;
}

export function createAnswerMemory(
  context: Pick<CommandContext, 'database' | 'masterKey'>,
  now: () => number,
): AnswerMemory {
  const underWay = new Map<string, Promise<unknown>>();

  async function replayOrRun<Answer>(request: IdempotentStream, attempt: Attempt<Answer>): Promise<Answer> {
    const { actor, key, route } = request;
    const secretContext = `idempotency/${actor.id}/${key}`;
    const known = await findIdempotentAnswer(context.database, actor.id, key);
    if (known !== null && known.createdAt > now() - KEPT_MS) {
      if (known.fingerprint !== fingerprintOf(route, await attempt.body())) throw reused(key);
      return JSON.parse(openValue(context.masterKey, secretContext, known.answer)) as Answer;
    }
    const { answer: result, body } = await attempt.run();
    const answer = sealValue(context.masterKey, secretContext, JSON.stringify(result));
    const row = { actorId: actor.id, key, fingerprint: fingerprintOf(route, body), answer };
    await context.database.transact((transaction) => saveIdempotentAnswer(transaction, row, transaction.now - KEPT_MS));
    return result;
  }

  /** One request of a key at a time: what comes second finds the answer of the first. */
  async function takeTurn<Answer>(request: IdempotentStream, attempt: Attempt<Answer>): Promise<Answer> {
    refuseBadKey(request.key);
    const slot = `${request.actor.id} ${request.key}`;
    const before = underWay.get(slot) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => replayOrRun(request, attempt));
    underWay.set(slot, turn);
    try {
      return await turn;
    } finally {
      if (underWay.get(slot) === turn) underWay.delete(slot);
    }
  }

  return {
    replay: ({ body, ...request }, run) =>
      takeTurn(request, { body: async () => body, run: async () => ({ answer: await run(), body }) }),
    replayStream: (request, { run, digest }) =>
      takeTurn(request, {
        body: digest,
        run: async () => {
          const { answer, sha256 } = await run();
          return { answer, body: sha256 };
        },
      }),
  };
}

/** Of a streamed body, its hash stands for it. */
function fingerprintOf(route: string, body: unknown): string {
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
