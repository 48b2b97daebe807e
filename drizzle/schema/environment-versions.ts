import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** An immutable version of an environment; only its words change, and the number of its build. */
export const environmentVersions = sqliteTable(
  'environment_versions',
  {
    name: text().notNull(),
    version: text().notNull(),
    /** Registered by a deployment from an inline object. */
    anonymous: integer({ mode: 'boolean' }).notNull(),
    /** What decides the result; uploaded files have been stored. */
    definition: text({ mode: 'json' }).notNull(),
    description: text().notNull(),
    tags: text({ mode: 'json' }).notNull(),
    properties: text({ mode: 'json' }).notNull(),
    /** Rises with every rebuild. */
    buildNumber: integer('build_number').notNull(),
    revision: integer().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.version] })],
);
