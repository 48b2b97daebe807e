import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * Key pairs that endpoint tokens are signed with. A key is told to the gateway first, signs once every worker knows it, and is remembered after
 * that until the last token it signed has expired.
 */
export const tokenSigningKeys = sqliteTable(
  'token_signing_keys',
  {
    kid: text().primaryKey(),
    /** 32 bytes of Ed25519 in base64url. */
    publicKey: text('public_key').notNull(),
    /** AES-256-GCM with the master key, bound to the kid; null once the key signs no more. */
    ciphertext: text(),
    createdAt: integer('created_at').notNull(),
    /** Null until every gateway worker knows the public key. */
    signsSince: integer('signs_since'),
    retiredAt: integer('retired_at'),
  },
  (table) => [check('token_signing_keys_private', sql`${table.retiredAt} is null or ${table.ciphertext} is null`)],
);
