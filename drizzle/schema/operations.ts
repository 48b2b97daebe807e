import { sql } from 'drizzle-orm';
import { check, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** One attempt to make an intent true; kept after its resource is gone. */
export const operations = sqliteTable(
  'operations',
  {
    id: text().primaryKey(),
    kind: text().notNull(),
    resource: text().notNull(),
    endpointName: text('endpoint_name').notNull(),
    deploymentName: text('deployment_name'),
    status: text().notNull(),
    /** Spec hash that a deployment's operation works towards. */
    targetSpecHash: text('target_spec_hash'),
    /** Route table revision that a change of traffic waits for. */
    targetRouteRevision: integer('target_route_revision'),
    error: text({ mode: 'json' }),
    actor: text().notNull(),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
  },
  (table) => [
    index('operations_resource').on(table.resource, table.id),
    index('operations_endpoint').on(table.endpointName, table.status),
    index('operations_status').on(table.status, table.id),
    check(
      'operations_status_value',
      sql`${table.status} in ('running', 'succeeded', 'failed', 'canceled', 'superseded')`,
    ),
    check('operations_finished', sql`(${table.status} = 'running') = (${table.finishedAt} is null)`),
  ],
);
