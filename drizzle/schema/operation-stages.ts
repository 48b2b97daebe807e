import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { operations } from './operations.ts';

export const operationStages = sqliteTable(
  'operation_stages',
  {
    operationId: text('operation_id')
      .notNull()
      .references(() => operations.id, { onDelete: 'cascade' }),
    position: integer().notNull(),
    name: text().notNull(),
    status: text().notNull(),
    startedAt: integer('started_at'),
    finishedAt: integer('finished_at'),
    /** 0 to 1; null when it cannot be known. */
    progress: real(),
    message: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.operationId, table.position] })],
);
