import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { models } from './models.ts';

/** An immutable version; only description, tags, properties and stage change. */
export const modelVersions = sqliteTable(
  'model_versions',
  {
    modelName: text('model_name')
      .notNull()
      .references(() => models.name, { onDelete: 'restrict' }),
    version: text().notNull(),
    type: text().notNull(),
    /** Where it came from, as written: `upload:<id>`, `sample:<id>`, `file:<path>`. */
    path: text().notNull(),
    description: text().notNull(),
    tags: text({ mode: 'json' }).notNull(),
    properties: text({ mode: 'json' }).notNull(),
    stage: text(),
    detected: text({ mode: 'json' }).notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    sha256: text().notNull(),
    revision: integer().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.modelName, table.version] })],
);
