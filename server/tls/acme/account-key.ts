import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';

/** Signs requests of one ACME account (ES256) as RFC 8555 section 6.2 asks. */
export interface AccountKey {
  /** Private; for the account's file. */
  readonly jwk: JsonWebKey;
  /** The account's URL once there is one; without it requests carry the public key. */
  signRequest(header: { url: string; nonce: string; accountUrl: string | null }, payload: unknown): string;
  /** What proves that an answer to a challenge is this account's (RFC 8555 section 8.1). */
  keyAuthorization(token: string): string;
}

export function generateAccountKey(): AccountKey {
  return accountKeyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

/** @throws when the key is damaged */
export function readAccountKey(jwk: JsonWebKey): AccountKey {
  return accountKeyOf(createPrivateKey({ key: jwk, format: 'jwk' }));
}

function accountKeyOf(key: KeyObject): AccountKey {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  // Members in this order, for the thumbprint is taken over them (RFC 7638 section 3).
  const publicJwk = { crv, kty, x, y };
  const thumbprint = createHash('sha256').update(JSON.stringify(publicJwk)).digest('base64url');
  return {
    jwk: key.export({ format: 'jwk' }),
    signRequest({ url, nonce, accountUrl }, payload) {
      const own = accountUrl === null ? { jwk: publicJwk } : { kid: accountUrl };
      const header = encode({ alg: 'ES256', ...own, nonce, url });
      // An empty payload reads a resource (POST-as-GET, RFC 8555 section 6.3).
      const body = payload === null ? '' : encode(payload);
      const signature = sign('sha256', Buffer.from(`${header}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
      return JSON.stringify({ protected: header, payload: body, signature: signature.toString('base64url') });
    },
    keyAuthorization: (token) => `${token}.${thumbprint}`,
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
