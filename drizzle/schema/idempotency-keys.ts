import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Answers of POST requests that carried an Idempotency-Key, kept for 24 hours. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    actorId: text('actor_id').notNull(),
    key: text().notNull(),
    /** SHA-256 in hex of method, path and body. */
    fingerprint: text().notNull(),
    /** Status, headers and body, encrypted: an answer may hold a key that is shown once. */
    answer: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.actorId, table.key] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
);
