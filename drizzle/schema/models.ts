import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const models = sqliteTable('models', {
  name: text().primaryKey(),
  description: text().notNull(),
  tags: text({ mode: 'json' }).notNull(),
  properties: text({ mode: 'json' }).notNull(),
  /** Registered by a deployment from an inline model. */
  anonymous: integer({ mode: 'boolean' }).notNull(),
  /** Highest number that was given to a version; a deleted number is not given again. */
  lastNumber: integer('last_number').notNull(),
  revision: integer().notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});
