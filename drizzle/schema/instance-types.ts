import { sql } from 'drizzle-orm';
import { check, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const instanceTypes = sqliteTable(
  'instance_types',
  {
    /** Lower case: names are compared without case. */
    key: text().primaryKey(),
    name: text().notNull(),
    cpu: real().notNull(),
    memoryMib: integer('memory_mib').notNull(),
    gpus: integer().notNull(),
    gpuMemoryMib: integer('gpu_memory_mib').notNull(),
    description: text().notNull(),
    /** `exact` needs what it names; `nearest` takes what the host has when that is less, for the sizes of a cloud. */
    fit: text().notNull(),
    revision: integer().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [check('instance_types_fit', sql`${table.fit} in ('exact', 'nearest')`)],
);
