import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Time-ordered id: a prefix, 9 characters of epoch milliseconds and 11 random ones (Crockford base 32, lower case). */
export function newId(prefix: string, epochMs: number): string {
  let time = '';
  for (let rest = epochMs, i = 0; i < 9; i += 1, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  return `${prefix}_${time}${randomName(11)}`;
}

/** Random lower-case letters and digits: 5 bits each. */
export function randomName(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += ALPHABET[byte % 32];
  return text;
}
