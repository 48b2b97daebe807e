import { hash, timingSafeEqual } from 'node:crypto';
import { fieldId } from './http1/field-names.ts';
import { at, LOWER, SP } from './http1/octets.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { TokenVerifier, VerifiedToken } from './verify-token.ts';

const AUTHORIZATION = fieldId('authorization');
const KEY_FIELDS = [fieldId('api-key'), fieldId('x-api-key')];
const BEARER = Buffer.from('bearer', 'latin1');

export interface AcceptedKey {
  id: string;
  digest: Buffer;
}

/** Why a token opens nothing. */
export type TokenFault = 'missing' | 'invalid' | 'expired';

/** How far the issuer's clock and ours may be apart, in seconds. */
export const CLOCK_SKEW_SECONDS = 60;

/**
 * Finds the accepted key that a request shows, in `Authorization: Bearer`, `api-key` or `X-API-Key`. Only digests are compared, each of them always
 * and in constant time, so that neither the number of matching octets nor the key that matched can be timed.
 *
 * One per connection: what it accepted last is compared first, again in constant time, because clients show the same key with every
 * request and a digest costs more than all the rest of a decision.
 */
export class KeyChecker {
  private shown: Buffer | null = null;
  private acceptedAmong: readonly AcceptedKey[] | null = null;
  private accepted: AcceptedKey | null = null;
  private shownToken: Buffer | null = null;
  private verifiedBy: TokenVerifier | null = null;
  private verified: VerifiedToken | null = null;

  /** @returns null when the request shows no accepted key */
  check(keys: readonly AcceptedKey[], head: RequestHead): AcceptedKey | null {
    const { fields } = head;
    const line = fields.lineOf(AUTHORIZATION);
    if (line >= 0) {
      const start = bearerStart(head.bytes, fields.valueStart(line), fields.valueEnd(line));
      const found = start < 0 ? null : this.find(keys, head.bytes, start, fields.valueEnd(line));
      if (found !== null) return found;
    }
    for (const id of KEY_FIELDS) {
      const keyLine = fields.lineOf(id);
      if (keyLine < 0) continue;
      const found = this.find(keys, head.bytes, fields.valueStart(keyLine), fields.valueEnd(keyLine));
      if (found !== null) return found;
    }
    return null;
  }

  /**
   * Finds who may call by the token in `Authorization: Bearer`, the one place for it (RFC 6750 section 2.1).
   * @param audience of the endpoint; null where no token fits
   */
  checkToken(verifier: TokenVerifier, audience: string | null, head: RequestHead): VerifiedToken | TokenFault {
    const { fields } = head;
    const line = fields.lineOf(AUTHORIZATION);
    if (line < 0) return 'missing';
    const end = fields.valueEnd(line);
    const start = bearerStart(head.bytes, fields.valueStart(line), end);
    if (start < 0 || start >= end) return 'missing';
    const token = this.verify(verifier, head.bytes.subarray(start, end));
    if (token === null || token.audience !== audience) return 'invalid';
    const now = Date.now() / 1000;
    if (now > token.expiresAt + CLOCK_SKEW_SECONDS) return 'expired';
    return now < token.notBefore - CLOCK_SKEW_SECONDS ? 'invalid' : token;
  }

  private verify(verifier: TokenVerifier, token: Buffer): VerifiedToken | null {
    const { shownToken } = this;
    if (
      shownToken !== null &&
      this.verifiedBy === verifier &&
      shownToken.length === token.length &&
      timingSafeEqual(shownToken, token)
    ) {
      return this.verified;
    }
    const verified = verifier.verify(token);
    if (verified === null) return null;
    this.shownToken = Buffer.from(token);
    this.verifiedBy = verifier;
    this.verified = verified;
    return verified;
  }

  private find(keys: readonly AcceptedKey[], bytes: Buffer, start: number, end: number): AcceptedKey | null {
    if (end <= start) return null;
    const secret = bytes.subarray(start, end);
    const { shown } = this;
    // A new table brings new lists of keys, so what an old one accepted counts no longer.
    if (
      shown !== null &&
      this.acceptedAmong === keys &&
      shown.length === secret.length &&
      timingSafeEqual(shown, secret)
    ) {
      return this.accepted;
    }
    const found = findKey(keys, secret);
    if (found === null) return null;
    this.shown = Buffer.from(secret);
    this.acceptedAmong = keys;
    this.accepted = found;
    return found;
  }
}

/** Whether a request shows anything that could be a key. */
export function showsKey({ fields }: RequestHead): boolean {
  return fields.has(AUTHORIZATION) || KEY_FIELDS.some((id) => fields.has(id));
}

/** Position of the token after `Bearer`, or -1 for another scheme. */
function bearerStart(bytes: Buffer, start: number, end: number): number {
  if (end - start <= BEARER.length || at(bytes, start + BEARER.length) !== SP) return -1;
  for (let i = 0; i < BEARER.length; i += 1) if (LOWER[at(bytes, start + i)] !== BEARER[i]) return -1;
  let p = start + BEARER.length;
  while (p < end && at(bytes, p) === SP) p += 1;
  return p;
}

function findKey(keys: readonly AcceptedKey[], secret: Buffer): AcceptedKey | null {
  const digest = hash('sha256', secret, 'buffer');
  let found: AcceptedKey | null = null;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}
