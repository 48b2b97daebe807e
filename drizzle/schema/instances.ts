import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { deployments } from './deployments.ts';

/** One instance, written by the control plane only. The row is gone when the instance and its folder are. */
export const instances = sqliteTable(
  'instances',
  {
    /** `<endpoint>.<deployment>.<random>`. */
    id: text().primaryKey(),
    endpointName: text('endpoint_name').notNull(),
    deploymentName: text('deployment_name').notNull(),
    specHash: text('spec_hash').notNull(),
    /** The deployment's spec when the instance was made: it keeps running unchanged while a newer one is rolled out. */
    spec: text({ mode: 'json' }).notNull(),
    desired: text().notNull(),
    /** When it left the route table for good; the drain is measured from here. */
    drainingSince: integer('draining_since'),
    createdAt: integer('created_at').notNull(),
    state: text().notNull(),
    generation: integer().notNull(),
    host: text(),
    port: integer(),
    grpcPort: integer('grpc_port'),
    startedAt: integer('started_at'),
    restarts: integer().notNull(),
    lastExit: text('last_exit', { mode: 'json' }),
    runtimeRef: text('runtime_ref'),
    memoryLimitBy: text('memory_limit_by').notNull(),
    probe: text({ mode: 'json' }),
  },
  (table) => [
    index('instances_deployment').on(table.endpointName, table.deploymentName),
    foreignKey({
      columns: [table.endpointName, table.deploymentName],
      foreignColumns: [deployments.endpointName, deployments.name],
    }).onDelete('restrict'),
    check('instances_desired', sql`${table.desired} in ('run', 'remove')`),
  ],
);
