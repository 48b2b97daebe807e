import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jwtHeader, signJwt } from '#server/kernel/ed25519-jwt.ts';
import { AUDIENCE, claims, createSigner, ISSUER, nowSeconds, tokensOf } from './testing/sign-token.ts';
import { TokenVerifier } from './verify-token.ts';

const signer = createSigner();
const verifier = new TokenVerifier(tokensOf(signer));
const verify = (token: string) => verifier.verify(Buffer.from(token, 'latin1'));

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token under our key with any header and payload. */
function forge(header: unknown, payload: unknown = claims()): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), signer.privateKey).toString('base64url')}`;
}

describe('a token of this installation', () => {
  it('says whom it was issued to, for what, and when it is good', () => {
    const { nbf, exp } = claims();
    const token = verify(signer.token({ nbf, exp }));
    expect(token).toMatchObject({ id: 'api_key:one', audience: AUDIENCE, notBefore: nbf, expiresAt: exp });
  });

  it('is verified once and remembered after that', () => {
    const token = signer.token();
    expect(verify(token)).toBe(verify(token));
  });

  it('is forgotten when its signing key is taken away', () => {
    const other = createSigner('key-2');
    const token = signer.token();
    const both = new TokenVerifier(tokensOf(signer, other));
    expect(both.verify(Buffer.from(token))).not.toBeNull();
    expect(new TokenVerifier(tokensOf(other)).verify(Buffer.from(token))).toBeNull();
    expect(new TokenVerifier(undefined).verify(Buffer.from(token))).toBeNull();
  });

  it('is remembered within bounds, and still good when it was pushed out', () => {
    const first = signer.token({ sub: 'first' });
    expect(verify(first)).not.toBeNull();
    for (let i = 0; i < 5_000; i += 1) expect(verify(signer.token({ sub: `user:${i}` }))?.id).toBe(`user:${i}`);
    expect(verify(first)?.id).toBe('first');
  });
});

describe('what only looks like a token', () => {
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const good = signer.token();
  const [header = '', payload = '', signature = ''] = good.split('.');
  const stranger = createSigner();
  const hmac = (head: string): string => {
    const signed = `${head}.${payload}`;
    return `${signed}.${createHmac('sha256', Buffer.from(signer.publicKey, 'base64url')).update(signed).digest('base64url')}`;
  };

  it.each([
    ['no token at all', ''],
    ['dots', '..'],
    ['more dots', '....'],
    ['without a signature', `${header}.${payload}.`],
    ['without its last part', `${header}.${payload}`],
    ['with a fourth part', `${good}.x`],
    ['with alg none', `${encode({ alg: 'none', typ: 'JWT', kid: signer.kid })}.${payload}.`],
    [
      'with alg none and a signature',
      `${encode({ alg: 'none', typ: 'JWT', kid: signer.kid })}.${payload}.${signature}`,
    ],
    ['with HS256 by the public key', hmac(encode({ alg: 'HS256', typ: 'JWT', kid: signer.kid }))],
    ['with an HMAC under our header', hmac(header)],
    [
      'with RS256',
      `${encode({ alg: 'RS256', kid: signer.kid })}.${payload}.${sign('sha256', Buffer.from(`${header}.${payload}`), rsa).toString('base64url')}`,
    ],
    ['with another spelling of the header', forge({ alg: 'EdDSA', kid: signer.kid, typ: 'JWT' })],
    ['with EdDSA in small letters', forge({ alg: 'eddsa', typ: 'JWT', kid: signer.kid })],
    [
      'with a key of its own',
      forge({ alg: 'EdDSA', typ: 'JWT', kid: signer.kid, jwk: { kty: 'OKP', crv: 'Ed25519', x: stranger.publicKey } }),
    ],
    ['with an address of keys', forge({ alg: 'EdDSA', typ: 'JWT', kid: signer.kid, jku: 'https://evil.test/keys' })],
    ['with critical extensions', forge({ alg: 'EdDSA', typ: 'JWT', kid: signer.kid, crit: ['b64'], b64: false })],
    ['without a kid', forge({ alg: 'EdDSA', typ: 'JWT' })],
    ['with a kid that nobody knows', signJwt(signer.privateKey, 'key-9', claims())],
    ['with a kid that is a path', signJwt(signer.privateKey, '../../etc/passwd', claims())],
    ['signed by a stranger under our kid', stranger.token()],
    ['of another installation', signer.token({ iss: 'urn:viridian:installation:other' })],
    [
      'with an audience list',
      forge(JSON.parse(Buffer.from(header, 'base64url').toString()), { ...claims(), aud: [AUDIENCE] }),
    ],
    [
      'without times',
      forge(JSON.parse(Buffer.from(header, 'base64url').toString()), { iss: ISSUER, aud: AUDIENCE, sub: 'x' }),
    ],
    [
      'with times as text',
      forge(JSON.parse(Buffer.from(header, 'base64url').toString()), { ...claims(), exp: '9999999999' }),
    ],
    [
      'with an endless time',
      forge(
        JSON.parse(Buffer.from(header, 'base64url').toString()),
        `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"x","nbf":0,"exp":1e999}`,
      ),
    ],
    ['with a subject that ends a header line', signer.token({ sub: 'x\r\nviridian-consumer-id: primary' })],
    ['with a subject of nothing', signer.token({ sub: '' })],
    ['with a payload that is no object', forge(JSON.parse(Buffer.from(header, 'base64url').toString()), 'null')],
    ['with a payload that is no JSON', forge(JSON.parse(Buffer.from(header, 'base64url').toString()), 'hello')],
    ['longer than any of ours', signer.token({ sub: 'x'.repeat(2_000) })],
    ['as long as a header field can be', `${header}.${'A'.repeat(15_000)}.${signature}`],
    ['with padding', `${good}=`],
    ['with a blank before it', ` ${good}`],
  ])('%s opens nothing', (_name, token) => expect(verify(token)).toBeNull());

  it('opens nothing with any one character changed', () => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom(...characters), (at, character) => {
        fc.pre(good[at] !== character);
        expect(verify(good.slice(0, at) + character + good.slice(at + 1))).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  it('opens nothing cut anywhere', () => {
    for (let length = 0; length < good.length; length += 1) expect(verify(good.slice(0, length))).toBeNull();
  });

  it('opens nothing with the claims of one token under the signature of another', () => {
    const other = signer.token({ aud: 'urn:viridian:endpoint:two', exp: nowSeconds() + 9_999 }).split('.');
    expect(verify([header, other[1], signature].join('.'))).toBeNull();
    expect(verify([jwtHeader(signer.kid), payload, other[2]].join('.'))).toBeNull();
  });

  it('opens nothing whatever octets it has', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_200 }), (octets) => {
        expect(verifier.verify(Buffer.from(octets))).toBeNull();
      }),
    );
  });
});
