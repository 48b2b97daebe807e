import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { users } from './users.ts';

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    /** First characters, enough to recognise it. */
    prefix: text().notNull(),
    /** SHA-256 in hex; there is nothing to guess in 256 random bits. */
    sha256: text().notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** `environment` for the one from the settings, which follows them at every start. */
    origin: text().notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    lastUsedAt: integer('last_used_at'),
  },
  (table) => [uniqueIndex('api_keys_sha256').on(table.sha256)],
);
