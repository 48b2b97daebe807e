import { createPublicKey, type KeyObject, sign } from 'node:crypto';

/** Claims of a token, times in epoch seconds (RFC 7519 section 4.1). */
export interface JwtClaims {
  iss: string;
  aud: string;
  sub: string;
  iat: number;
  nbf: number;
  exp: number;
}

/**
 * The encoded header of every token that a key signs (RFC 8037 section 3.1). There is one spelling of it: who verifies compares octets instead of
 * reading a header that anybody could have written, so no other algorithm, key location or extension can be asked for.
 */
export function jwtHeader(kid: string): string {
  return encode({ alg: 'EdDSA', typ: 'JWT', kid });
}

/** Signs claims in the compact form (RFC 7515 section 3.1). */
export function signJwt(privateKey: KeyObject, kid: string, claims: JwtClaims): string {
  const signed = `${jwtHeader(kid)}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed, 'latin1'), privateKey).toString('base64url')}`;
}

/** @param x the 32 octets of an Ed25519 public key in base64url (RFC 8037 section 2) */
export function ed25519PublicKey(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
