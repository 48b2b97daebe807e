import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { TokenSigningKeyRecord } from '#server/domain/token-signing-key.ts';
import { openValue, sealValue } from './sealed-value.ts';

const context = (kid: string): string => `token-signing-key/${kid}`;

/** A new Ed25519 pair, its private half sealed. The kid is a digest of the public key, so that no two keys can have the same. */
export function createTokenSigningKeyPair(
  masterKey: Buffer,
): Pick<TokenSigningKeyRecord, 'kid' | 'publicKey' | 'ciphertext'> {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = pair.publicKey.export({ format: 'jwk' }).x as string;
  const kid = createHash('sha256').update(publicKey).digest('base64url').slice(0, 22);
  const privateKey = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { kid, publicKey, ciphertext: sealValue(masterKey, context(kid), privateKey) };
}

/** @throws AppError platform.internal when it was changed, or the master key is another one; Error when it signs no more */
export function openTokenSigningKey(
  masterKey: Buffer,
  { kid, ciphertext }: Pick<TokenSigningKeyRecord, 'kid' | 'ciphertext'>,
): KeyObject {
  if (ciphertext === null) throw new Error(`The signing key ${kid} is retired.`);
  return createPrivateKey(openValue(masterKey, context(kid), ciphertext));
}
