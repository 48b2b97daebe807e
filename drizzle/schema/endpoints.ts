import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Desired state of an endpoint. Everything here is written by commands; what it serves now is derived from its deployments. */
export const endpoints = sqliteTable(
  'endpoints',
  {
    /** Lower case. */
    name: text().primaryKey(),
    /** Tells an endpoint from one that had its name before. */
    uid: text().notNull(),
    description: text().notNull(),
    tags: text({ mode: 'json' }).notNull(),
    properties: text({ mode: 'json' }).notNull(),
    authMode: text('auth_mode').notNull(),
    publicNetworkAccess: text('public_network_access').notNull(),
    allowedNetworks: text('allowed_networks', { mode: 'json' }).notNull().default([]),
    identity: text({ mode: 'json' }),
    compute: text(),
    stickyHeader: text('sticky_header'),
    limits: text({ mode: 'json' }),
    idempotentPredictions: integer('idempotent_predictions', { mode: 'boolean' }).notNull(),
    mapModelErrors: integer('map_model_errors', { mode: 'boolean' }).notNull(),
    allowWebsocket: integer('allow_websocket', { mode: 'boolean' }).notNull(),
    corsOrigins: text('cors_origins', { mode: 'json' }).notNull(),
    mirrorComparison: text('mirror_comparison', { mode: 'json' }),
    /** Deployment to whole percent; zeros are left out. */
    traffic: text({ mode: 'json' }).notNull(),
    mirrorTraffic: text('mirror_traffic', { mode: 'json' }).notNull(),
    desiredState: text('desired_state').notNull(),
    revision: integer().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [check('endpoints_desired_state', sql`${table.desiredState} in ('run', 'delete')`)],
);
