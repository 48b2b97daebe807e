import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const registryCredentials = sqliteTable('registry_credentials', {
  /** In lower case, with its port. */
  host: text().primaryKey(),
  username: text().notNull(),
  /** The password, sealed for this host. */
  ciphertext: text().notNull(),
  description: text().notNull(),
  revision: integer().notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});
