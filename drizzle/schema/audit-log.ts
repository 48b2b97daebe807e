import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Who did what, in the transaction of the change. Each row's hash covers the one before, so a changed or missing row shows. */
export const auditLog = sqliteTable('audit_log', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  object: text().notNull(),
  detail: text().notNull(),
  previousHash: text('previous_hash').notNull(),
  hash: text().notNull(),
});
