import { AppError } from '#server/kernel/app-error.ts';
import { isConfirmed, type RouteConfirmation } from '#server/domain/route-publisher.ts';
import {
  isStillVerified,
  SIGNING_KEY_MAX_AGE_MS,
  type TokenSigningKeyRecord,
} from '#server/domain/token-signing-key.ts';
import { createTokenSigningKeyPair } from '#server/secrets/token-signing-key-pair.ts';
import type { Transaction } from '#server/store/database.ts';
import {
  deleteTokenSigningKeys,
  ensureTokenIssuer,
  insertTokenSigningKey,
  listTokenSigningKeys,
  promoteTokenSigningKey,
} from '#server/store/token-signing-key-store.ts';
import type { CommandContext } from './command-context.ts';

type SigningContext = Pick<CommandContext, 'database' | 'masterKey' | 'routes'>;

const CONFIRM_MS = 2_000;

/** The key to sign with, the name to sign as, and the instant of looking, in epoch milliseconds. */
export interface Signer {
  key: TokenSigningKeyRecord;
  issuer: string;
  now: number;
}

/**
 * The key that signs tokens: made at the first use, replaced when it is old. A new key signs only once every gateway worker knows it; until then the
 * old one goes on.
 * @throws AppError `traffic.not_confirmed` when there is no key yet that every worker knows
 */
export async function ensureSigningKey(context: SigningContext): Promise<Signer> {
  const { signing, next, issuer, now } = await context.database.transact(async (transaction) => {
    const keys = await listTokenSigningKeys(transaction);
    const current = signingKeyOf(keys);
    const isFresh = current !== null && transaction.now - current.createdAt < SIGNING_KEY_MAX_AGE_MS;
    return {
      signing: current,
      next: isFresh ? null : await prepareNext(transaction, context.masterKey, keys),
      issuer: await ensureTokenIssuer(transaction),
      now: transaction.now,
    };
  });
  if (next === null && signing !== null) return { key: signing, issuer, now };
  // Where an older key can sign, nobody waits for the gateway: it learns of the new one meanwhile.
  const confirmation = await introduce(context, next as TokenSigningKeyRecord, signing === null ? CONFIRM_MS : 0);
  const key = isConfirmed(confirmation) ? next : signing;
  if (key === null) throw notConfirmed('No token was issued', confirmation);
  return { key, issuer, now };
}

/**
 * Makes a new key sign at once. Tokens of the old keys stay good until they expire, unless they are revoked: then no worker takes them any more
 * when this resolves.
 * @throws AppError `traffic.not_confirmed`
 */
export async function replaceSigningKey(
  context: SigningContext,
  { revoke, note }: { revoke: boolean; note: (transaction: Transaction) => Promise<void> },
): Promise<void> {
  const next = await context.database.transact(async (transaction) => {
    await ensureTokenIssuer(transaction);
    await note(transaction);
    return prepareNext(transaction, context.masterKey, await listTokenSigningKeys(transaction));
  });
  const introduced = await introduce(context, next, CONFIRM_MS);
  if (!revoke && !isConfirmed(introduced)) throw notConfirmed('The new key waits for the gateway', introduced);
  if (!revoke) return;
  await context.database.transact(async (transaction) => {
    // Of a leaked key not one more token may be signed, whether the gateway answers or not.
    await promoteTokenSigningKey(transaction, next.kid);
    const others = (await listTokenSigningKeys(transaction)).filter(({ kid }) => kid !== next.kid);
    await deleteTokenSigningKeys(
      transaction,
      others.map(({ kid }) => kid),
    );
  });
  const revoked = await context.routes.publishAndConfirm(CONFIRM_MS);
  if (!isConfirmed(revoked)) throw notConfirmed('The old tokens are revoked but may still work for a moment', revoked);
}

/** Tells the gateway of a key, and lets it sign once every worker has confirmed. */
async function introduce(
  context: SigningContext,
  next: TokenSigningKeyRecord,
  timeoutMs: number,
): Promise<RouteConfirmation> {
  const confirmation = await context.routes.publishAndConfirm(timeoutMs);
  if (isConfirmed(confirmation))
    await context.database.transact((transaction) => promoteTokenSigningKey(transaction, next.kid));
  return confirmation;
}

/** The key that waits for the gateway, or a new one. What nobody needs any more goes at this occasion. */
async function prepareNext(
  transaction: Transaction,
  masterKey: Buffer,
  keys: readonly TokenSigningKeyRecord[],
): Promise<TokenSigningKeyRecord> {
  const over = keys.filter((key) => !isStillVerified(key, transaction.now));
  await deleteTokenSigningKeys(
    transaction,
    over.map(({ kid }) => kid),
  );
  const waiting = keys.find((key) => key.signsSince === null && key.retiredAt === null);
  return waiting ?? insertTokenSigningKey(transaction, createTokenSigningKeyPair(masterKey));
}

function signingKeyOf(keys: readonly TokenSigningKeyRecord[]): TokenSigningKeyRecord | null {
  return keys.find((key) => key.signsSince !== null && key.retiredAt === null) ?? null;
}

function notConfirmed(what: string, { confirmed, total }: RouteConfirmation): AppError {
  const where = total === 0 ? 'the gateway is not connected' : `${confirmed} of ${total} gateway workers confirmed`;
  return new AppError('traffic.not_confirmed', `${what}: ${where}. Try again in a moment.`, { retryAfterSeconds: 2 });
}
