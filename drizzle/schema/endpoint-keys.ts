import { sql } from 'drizzle-orm';
import { check, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { endpoints } from './endpoints.ts';

/** The two keys of an endpoint: encrypted for people who may read them, digested for the route table. */
export const endpointKeys = sqliteTable(
  'endpoint_keys',
  {
    endpointName: text('endpoint_name')
      .notNull()
      .references(() => endpoints.name, { onDelete: 'cascade' }),
    slot: text().notNull(),
    /** AES-256-GCM with the master key; bound to endpoint and slot. */
    ciphertext: text().notNull(),
    /** SHA-256 in hex of the key. */
    sha256: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.endpointName, table.slot] }),
    check('endpoint_keys_slot', sql`${table.slot} in ('primary', 'secondary')`),
  ],
);
