import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/**
 * The time during which an instance held capacity: the source of every figure about cost. Plain names instead of foreign keys, because rows
 * outlive the endpoint, the deployment and the instance type.
 */
export const instanceEvents = sqliteTable(
  'instance_events',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    instanceId: text('instance_id').notNull(),
    endpointName: text('endpoint_name').notNull(),
    deploymentName: text('deployment_name').notNull(),
    /** Lower case. */
    instanceType: text('instance_type').notNull(),
    startedAt: integer('started_at').notNull(),
    /** Null while it holds capacity. */
    stoppedAt: integer('stopped_at'),
  },
  (table) => [
    uniqueIndex('instance_events_instance').on(table.instanceId),
    index('instance_events_period').on(table.startedAt, table.stoppedAt),
  ],
);
