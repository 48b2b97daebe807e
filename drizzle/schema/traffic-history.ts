import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { endpoints } from './endpoints.ts';

/** Every split that was asked for, with the endpoint's revision that brought it. */
export const trafficHistory = sqliteTable(
  'traffic_history',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    endpointName: text('endpoint_name')
      .notNull()
      .references(() => endpoints.name, { onDelete: 'cascade' }),
    revision: integer().notNull(),
    traffic: text({ mode: 'json' }).notNull(),
    mirrorTraffic: text('mirror_traffic', { mode: 'json' }).notNull(),
    reason: text().notNull(),
    actor: text().notNull(),
    appliedAt: integer('applied_at').notNull(),
  },
  (table) => [index('traffic_history_endpoint').on(table.endpointName, table.id)],
);
