import { hash, timingSafeEqual } from 'node:crypto';
import { fieldId } from './http1/field-names.ts';
import { at, LOWER, SP } from './http1/octets.ts';
import type { RequestHead } from './http1/request-head.ts';

const AUTHORIZATION = fieldId('authorization');
const KEY_FIELDS = [fieldId('api-key'), fieldId('x-api-key')];
const BEARER = Buffer.from('bearer', 'latin1');

export interface AcceptedKey {
  id: string;
  digest: Buffer;
}

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
