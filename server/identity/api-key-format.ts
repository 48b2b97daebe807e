import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'vk_';
const SECRET_BYTES = 32;
/** Characters shown in lists: enough to recognise a key, far too few to guess it. */
const SHOWN_CHARACTERS = 10;

export interface NewApiKey {
  /** `vk_` + 43 characters of base64url (256 random bits) + 8 hex digits of their CRC-32, so that scanners and typing errors can be told apart. */
  value: string;
  shownPrefix: string;
  sha256: string;
}

export function createApiKey(): NewApiKey {
  const body = randomBytes(SECRET_BYTES).toString('base64url');
  const value = `${PREFIX}${body}${checksumOf(body)}`;
  return { value, shownPrefix: value.slice(0, SHOWN_CHARACTERS), sha256: digestOfKey(value) };
}

/**
 * SHA-256 in hex. A fast digest is enough for 256 random bits: there is nothing to guess. Keys given through settings have at least 32
 * characters for the same reason.
 */
export function digestOfKey(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Whether a text that begins like one of our keys is complete: false for typing errors. */
export function hasValidChecksum(value: string): boolean {
  if (!value.startsWith(PREFIX)) return false;
  const body = value.slice(PREFIX.length, -8);
  return checksumOf(body) === value.slice(-8);
}

function checksumOf(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
