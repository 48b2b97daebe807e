import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { endpoints } from './endpoints.ts';

/** What happened to an endpoint, in sentences for people. */
export const activities = sqliteTable(
  'activities',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    endpointName: text('endpoint_name')
      .notNull()
      .references(() => endpoints.name, { onDelete: 'cascade' }),
    deploymentName: text('deployment_name'),
    kind: text().notNull(),
    actor: text().notNull(),
    text: text().notNull(),
    operationId: text('operation_id'),
    revision: integer(),
    at: integer().notNull(),
  },
  (table) => [index('activities_endpoint').on(table.endpointName, table.id)],
);
