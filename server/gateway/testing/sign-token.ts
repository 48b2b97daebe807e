import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type JwtClaims, signJwt } from '#server/kernel/ed25519-jwt.ts';
import type { RouteEndpoint, RouteTokens } from '#server/routing/route-table.ts';

export const ISSUER = 'urn:viridian:installation:test';
export const AUDIENCE = 'urn:viridian:endpoint:one';

export const TOKEN_AUTH: Pick<RouteEndpoint, 'auth'> = { auth: { mode: 'aml_token', keys: [], audience: AUDIENCE } };

/** A key pair, as the gateway knows it and as its owner uses it. */
export interface TestSigner {
  kid: string;
  publicKey: string;
  privateKey: KeyObject;
  token(change?: Partial<JwtClaims>): string;
}

export function createSigner(kid = 'key-1'): TestSigner {
  const pair = generateKeyPairSync('ed25519');
  return {
    kid,
    publicKey: pair.publicKey.export({ format: 'jwk' }).x as string,
    privateKey: pair.privateKey,
    token: (change = {}) => signJwt(pair.privateKey, kid, { ...claims(), ...change }),
  };
}

export function claims(now = nowSeconds()): JwtClaims {
  return { iss: ISSUER, aud: AUDIENCE, sub: 'api_key:one', iat: now, nbf: now, exp: now + 600 };
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export function tokensOf(...signers: readonly TestSigner[]): RouteTokens {
  return { issuer: ISSUER, keys: signers.map(({ kid, publicKey }) => ({ kid, publicKey })) };
}
