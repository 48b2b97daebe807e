import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '#server/kernel/app-error.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;

/**
 * Encrypts a secret with AES-256-GCM: version byte, nonce, tag, ciphertext, in base64. The context (whose secret it is) is authenticated with
 * it, so that a sealed value copied to another row does not open.
 */
export function sealValue(masterKey: Buffer, context: string, plaintext: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce);
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ciphertext]).toString('base64');
}

/**
 * @throws AppError platform.internal when the value was changed, belongs to another context, or the master key is another one
 */
export function openValue(masterKey: Buffer, context: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const tag = bytes.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(tag);
    return decipher.update(bytes.subarray(1 + NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new AppError(
      'platform.internal',
      `The stored secret of ${context} cannot be opened with this installation's master key.`,
      { cause },
    );
  }
}
