import { sql } from 'drizzle-orm';
import { check, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { endpoints } from './endpoints.ts';

/** A deployment: the upper columns are desired and written by commands, the lower ones observed and written by the control plane. */
export const deployments = sqliteTable(
  'deployments',
  {
    endpointName: text('endpoint_name')
      .notNull()
      .references(() => endpoints.name, { onDelete: 'restrict' }),
    /** Lower case. */
    name: text().notNull(),
    /** What the caller wrote, references resolved: the base of a merge patch. */
    written: text({ mode: 'json' }).notNull(),
    /** What follows from it with every default filled in. */
    spec: text({ mode: 'json' }).notNull(),
    specHash: text('spec_hash').notNull(),
    /** Rises with every restart and every new attempt after a failure; part of the hash. */
    generation: integer().notNull(),
    /** Percent of live traffic to take once ready; null leaves the split alone. */
    routeWhenReady: integer('route_when_ready'),
    desiredState: text('desired_state').notNull(),
    colourSlot: integer('colour_slot').notNull(),
    /** The newest operation. */
    operationId: text('operation_id'),
    revision: integer().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** The last desired state that became ready, `{written, spec, specHash, generation}`: what a cancelled update goes back to. */
    goodState: text('good_state', { mode: 'json' }),
    provisioningState: text('provisioning_state').notNull(),
    readyInstances: integer('ready_instances').notNull(),
    /** Problem body of the last failure. */
    error: text({ mode: 'json' }),
  },
  (table) => [
    primaryKey({ columns: [table.endpointName, table.name] }),
    index('deployments_created').on(table.endpointName, table.createdAt),
    check('deployments_desired_state', sql`${table.desiredState} in ('run', 'delete')`),
  ],
);
