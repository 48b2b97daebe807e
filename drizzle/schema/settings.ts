import { sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Facts about this installation, for example that its instance types were seeded. */
export const settings = sqliteTable('settings', {
  name: text().primaryKey(),
  value: text({ mode: 'json' }).notNull(),
});
