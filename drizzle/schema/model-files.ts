import { foreignKey, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { modelVersions } from './model-versions.ts';

export const modelFiles = sqliteTable(
  'model_files',
  {
    modelName: text('model_name').notNull(),
    version: text().notNull(),
    path: text().notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    sha256: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.modelName, table.version, table.path] }),
    foreignKey({
      columns: [table.modelName, table.version],
      foreignColumns: [modelVersions.modelName, modelVersions.version],
    }).onDelete('cascade'),
  ],
);
