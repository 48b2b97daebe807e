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
 * The key that the request shows, in `Authorization: Bearer`, `api-key` or `X-API-Key`; null when it shows none that is accepted. Only digests
 * are compared, each of them always and in constant time, so that neither the number of matching octets nor the key that matched
 * can be timed.
 */
export function authenticate(keys: readonly AcceptedKey[], head: RequestHead): AcceptedKey | null {
  const { fields } = head;
  const line = fields.lineOf(AUTHORIZATION);
  if (line >= 0) {
    const start = bearerStart(head.bytes, fields.valueStart(line), fields.valueEnd(line));
    const accepted = start < 0 ? null : findKey(keys, head.bytes, start, fields.valueEnd(line));
    if (accepted !== null) return accepted;
  }
  for (const id of KEY_FIELDS) {
    const keyLine = fields.lineOf(id);
    if (keyLine < 0) continue;
    const accepted = findKey(keys, head.bytes, fields.valueStart(keyLine), fields.valueEnd(keyLine));
    if (accepted !== null) return accepted;
  }
  return null;
}

/** Position of the token after `Bearer`, or -1 for another scheme. */
function bearerStart(bytes: Buffer, start: number, end: number): number {
  if (end - start <= BEARER.length || at(bytes, start + BEARER.length) !== SP) return -1;
  for (let i = 0; i < BEARER.length; i += 1) if (LOWER[at(bytes, start + i)] !== BEARER[i]) return -1;
  let p = start + BEARER.length;
  while (p < end && at(bytes, p) === SP) p += 1;
  return p;
}

function findKey(keys: readonly AcceptedKey[], bytes: Buffer, start: number, end: number): AcceptedKey | null {
  if (end <= start) return null;
  const digest = hash('sha256', bytes.subarray(start, end), 'buffer');
  let found: AcceptedKey | null = null;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}
