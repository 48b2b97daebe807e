import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Numbers that only grow, for example the revision of the route table. */
export const counters = sqliteTable('counters', {
  name: text().primaryKey(),
  value: integer().notNull(),
});
