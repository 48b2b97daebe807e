import { randomUUID } from 'node:crypto';
import { asc, eq, inArray } from 'drizzle-orm';
import { tokenSigningKeys } from '#drizzle/schema/token-signing-keys.ts';
import type { TokenIssuer, TokenSigningKeyRecord } from '#server/domain/token-signing-key.ts';
import type { Reader, Transaction } from './database.ts';
import { readSetting, writeSetting } from './setting-store.ts';

/** Oldest first. */
export async function listTokenSigningKeys(reader: Reader): Promise<TokenSigningKeyRecord[]> {
  return reader.orm.select().from(tokenSigningKeys).orderBy(asc(tokenSigningKeys.createdAt)).all();
}

/** A key that waits for the gateway before it signs. */
export async function insertTokenSigningKey(
  transaction: Transaction,
  key: Pick<TokenSigningKeyRecord, 'kid' | 'publicKey' | 'ciphertext'>,
): Promise<TokenSigningKeyRecord> {
  return transaction.orm
    .insert(tokenSigningKeys)
    .values({ ...key, createdAt: transaction.now })
    .returning()
    .get();
}

/** From now on this key signs, and every other that did is retired with its private half erased. One that has signed, or is gone, stays as it is. */
export async function promoteTokenSigningKey(transaction: Transaction, kid: string): Promise<void> {
  const keys = await listTokenSigningKeys(transaction);
  if (!keys.some((key) => key.kid === kid && key.signsSince === null)) return;
  const others = keys.filter((key) => key.signsSince !== null && key.retiredAt === null);
  transaction.orm
    .update(tokenSigningKeys)
    .set({ signsSince: transaction.now })
    .where(eq(tokenSigningKeys.kid, kid))
    .run();
  transaction.orm
    .update(tokenSigningKeys)
    .set({ retiredAt: transaction.now, ciphertext: null })
    .where(
      inArray(
        tokenSigningKeys.kid,
        others.map((key) => key.kid),
      ),
    )
    .run();
}

export async function deleteTokenSigningKeys(transaction: Transaction, kids: readonly string[]): Promise<void> {
  transaction.orm
    .delete(tokenSigningKeys)
    .where(inArray(tokenSigningKeys.kid, [...kids]))
    .run();
}

/** Issuer and public keys for the route table; null before the first key. */
export async function loadTokenIssuer(reader: Reader): Promise<TokenIssuer | null> {
  const keys = await listTokenSigningKeys(reader);
  const issuer = await readSetting(reader, 'token_issuer');
  if (keys.length === 0 || issuer === null) return null;
  return { issuer, keys: keys.map(({ kid, publicKey }) => ({ kid, publicKey })) };
}

/** The name that this installation signs with, made at the first use. */
export async function ensureTokenIssuer(transaction: Transaction): Promise<string> {
  const known = await readSetting(transaction, 'token_issuer');
  if (known !== null) return known;
  const issuer = `urn:viridian:installation:${randomUUID()}`;
  await writeSetting(transaction, 'token_issuer', issuer);
  return issuer;
}
