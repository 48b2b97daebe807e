import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The change feed, written in the transaction of the change. The id is the position that resumes a stream; old rows are pruned. */
export const changes = sqliteTable('changes', {
  id: integer().primaryKey({ autoIncrement: true }),
  resource: text().notNull(),
  kind: text().notNull(),
  revision: integer(),
  at: integer().notNull(),
});
