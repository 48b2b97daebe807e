import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** What was sent and is not, or not only, a model yet. The bytes lie in the data directory under the id. */
export const uploads = sqliteTable(
  'uploads',
  {
    id: text().primaryKey(),
    filename: text().notNull(),
    state: text().notNull(),
    /** Announced size; the received one when the sender announced none. */
    sizeBytes: integer('size_bytes').notNull(),
    receivedBytes: integer('received_bytes').notNull(),
    /** Of the bytes as sent; empty until the last has arrived. */
    sha256: text().notNull(),
    fileCount: integer('file_count').notNull(),
    /** `[{path, size_bytes, sha256}]` after unpacking. */
    entries: text({ mode: 'json' }).notNull(),
    unpack: integer({ mode: 'boolean' }).notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [index('uploads_expiry').on(table.expiresAt)],
);
