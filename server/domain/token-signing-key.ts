import type { TokenSigningKey, TokenSigningKeyList } from '#lib/contracts/token-signing-key.ts';
import { formatInstant } from '#server/kernel/clock.ts';

/** A key pair for endpoint tokens, as it is stored. Times are epoch milliseconds. */
export interface TokenSigningKeyRecord {
  kid: string;
  /** 32 bytes of Ed25519 in base64url. */
  publicKey: string;
  /** The sealed private key; null once it signs no more. */
  ciphertext: string | null;
  createdAt: number;
  /** Null until every gateway worker knows the public key. */
  signsSince: number | null;
  retiredAt: number | null;
}

/** Tokens live an hour: long enough for a batch of calls, short enough that one that leaks is soon worth nothing. */
export const TOKEN_LIFETIME_SECONDS = 3_600;

/** From here on a caller should get the next token; what is left is time for retries. */
export const TOKEN_REFRESH_AFTER_SECONDS = 2_700;

/** How far the clocks of two hosts may be apart. */
export const TOKEN_CLOCK_SKEW_SECONDS = 60;

/** A signing key is replaced after this long without anybody asking for it. */
export const SIGNING_KEY_MAX_AGE_MS = 30 * 24 * 3_600_000;

/** Whether a retired key's public half is still needed: until the last token that it signed has expired everywhere. */
export function isStillVerified(key: Pick<TokenSigningKeyRecord, 'retiredAt'>, now: number): boolean {
  return key.retiredAt === null || now < verifiesUntil(key.retiredAt);
}

/** When a retired key's public half is no longer needed: when the last token that it signed has expired everywhere. */
function verifiesUntil(retiredAt: number): number {
  return retiredAt + (TOKEN_LIFETIME_SECONDS + TOKEN_CLOCK_SKEW_SECONDS) * 1_000;
}

/** The keys as the API answers them. */
export function presentTokenSigningKeys(keys: readonly TokenSigningKeyRecord[], now: number): TokenSigningKeyList {
  const signing = keys.find((key) => key.signsSince !== null && key.retiredAt === null);
  return {
    items: keys.filter((key) => isStillVerified(key, now)).map(presentTokenSigningKey),
    rotates_after: signing === undefined ? null : formatInstant(signing.createdAt + SIGNING_KEY_MAX_AGE_MS),
  };
}

function presentTokenSigningKey({ kid, createdAt, signsSince, retiredAt }: TokenSigningKeyRecord): TokenSigningKey {
  return {
    kid,
    state: retiredAt !== null ? 'retired' : signsSince === null ? 'waiting' : 'signing',
    created_at: formatInstant(createdAt),
    signs_since: signsSince === null ? null : formatInstant(signsSince),
    retired_at: retiredAt === null ? null : formatInstant(retiredAt),
    verifies_until: retiredAt === null ? null : formatInstant(verifiesUntil(retiredAt)),
  };
}

/** What the gateway needs to check tokens by itself. */
export interface TokenIssuer {
  /** Who signs: this installation and no other. */
  issuer: string;
  keys: readonly Pick<TokenSigningKeyRecord, 'kid' | 'publicKey'>[];
}

/** The audience of an endpoint's tokens: the endpoint that has the name now, not one that had it before. */
export const tokenAudience = (uid: string): string => `urn:viridian:endpoint:${uid}`;
