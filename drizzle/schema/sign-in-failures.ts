import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Failed sign-ins since the last good one, by account and by address. */
export const signInFailures = sqliteTable('sign_in_failures', {
  /** `account:<SHA-256 of the e-mail>` or `address:<network>`. */
  subject: text().primaryKey(),
  failures: integer().notNull(),
  lastAt: integer('last_at').notNull(),
});
