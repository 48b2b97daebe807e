import { hash, type KeyObject, verify } from 'node:crypto';
import { ed25519PublicKey, jwtHeader } from '#server/kernel/ed25519-jwt.ts';
import type { RouteTokens } from '#server/routing/route-table.ts';

/** A token that one of our keys signed. It opens its audience, and only in its time. */
export interface VerifiedToken {
  /** Whom it was issued to. */
  readonly id: string;
  readonly audience: string;
  /** Epoch seconds. */
  readonly notBefore: number;
  readonly expiresAt: number;
  /** Header that names the key that signed it. */
  readonly header: string;
}

/** Ours have about 500 octets; what is longer was not issued here. */
const MAX_TOKEN_BYTES = 1_024;
/** 64 octets of an Ed25519 signature in base64url. */
const SIGNATURE_CHARACTERS = 86;
/** Goes into a header line to the model, so nothing that could end one. */
const SAFE_SUBJECT = /^[\w.:@-]{1,128}$/;
const DOT = 0x2e;

/** Tokens remembered as verified, in each worker: some megabytes at most. */
const MAX_REMEMBERED = 4_096;

/**
 * Verifies tokens of one set of signing keys. A header is never read, but has to be, octet for octet, one that a known key signs under: that leaves
 * no other algorithm, key or extension to ask for. Claims are read after the signature has been verified, so nobody else's JSON is ever parsed.
 *
 * A token that was verified is remembered by its digest: shown again, it costs what a key costs. Other keys make another verifier, which remembers
 * nothing.
 */
export class TokenVerifier {
  readonly tokens: RouteTokens | undefined;
  private readonly keys: ReadonlyMap<string, KeyObject>;
  private readonly remembered = new Map<string, VerifiedToken>();

  /** @param tokens left out, no token is good */
  constructor(tokens: RouteTokens | undefined) {
    this.tokens = tokens;
    this.keys = new Map(
      (tokens?.keys ?? []).map(({ kid, publicKey }) => [jwtHeader(kid), ed25519PublicKey(publicKey)]),
    );
  }

  /** @returns null when it is not a token of this installation; whether it fits the endpoint and the time is for the caller to look at */
  verify(token: Buffer): VerifiedToken | null {
    if (token.length > MAX_TOKEN_BYTES) return null;
    const digest = hash('sha256', token, 'base64');
    const known = this.remembered.get(digest);
    if (known !== undefined) return known;
    const verified = this.verifySignature(token);
    if (verified !== null) this.remember(digest, verified);
    return verified;
  }

  /** Whether a token that was verified earlier, perhaps by another set of keys, would be again. */
  trusts({ header }: VerifiedToken): boolean {
    return this.keys.has(header);
  }

  private verifySignature(token: Buffer): VerifiedToken | null {
    const headerEnd = token.indexOf(DOT);
    const payloadEnd = token.indexOf(DOT, headerEnd + 1);
    if (headerEnd < 0 || payloadEnd < 0 || token.length - payloadEnd - 1 !== SIGNATURE_CHARACTERS) return null;
    const header = token.toString('latin1', 0, headerEnd);
    const key = this.keys.get(header);
    if (key === undefined) return null;
    const encoded = token.toString('latin1', payloadEnd + 1);
    const signature = Buffer.from(encoded, 'base64url');
    // A signature has one spelling: bits that decoding drops must not make another token of it.
    if (signature.toString('base64url') !== encoded) return null;
    if (!verify(null, token.subarray(0, payloadEnd), key, signature)) return null;
    return this.readClaims(header, Buffer.from(token.toString('latin1', headerEnd + 1, payloadEnd), 'base64url'));
  }

  /** What we signed is what we wrote, unless keys are shared with something else: then it counts for nothing. */
  private readClaims(header: string, json: Buffer): VerifiedToken | null {
    const claims = parseObject(json);
    if (claims === null || claims['iss'] !== this.tokens?.issuer) return null;
    const { aud, sub, nbf, exp } = claims;
    if (typeof aud !== 'string' || typeof sub !== 'string' || !SAFE_SUBJECT.test(sub)) return null;
    if (!isInstant(nbf) || !isInstant(exp)) return null;
    return { id: sub, audience: aud, notBefore: nbf, expiresAt: exp, header };
  }

  /** The oldest goes first: it is also the one that expires first. */
  private remember(digest: string, token: VerifiedToken): void {
    if (this.remembered.size >= MAX_REMEMBERED) {
      for (const oldest of this.remembered.keys()) {
        this.remembered.delete(oldest);
        break;
      }
    }
    this.remembered.set(digest, token);
  }
}

function parseObject(json: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // Signed, but no JSON: not one of ours.
    return null;
  }
}

const isInstant = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
