import { z } from 'zod';

export const ROUTE_TABLE_VERSION = 1;

/** SHA-256 of a credential, in hex: the table on disk never holds a key that could be used. */
const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);

export const routeInstanceSchema = z.object({
  id: z.string(),
  /** Changes whenever the process or container behind the id does: pools are keyed by `id` and `generation`, never by address. */
  generation: z.number().int().nonnegative(),
  host: z.string(),
  port: z.number().int().min(1).max(65_535),
  /** Requests that may be in flight at this instance, over all workers. */
  maxConcurrency: z.number().int().positive(),
});

export const routeDeploymentSchema = z.object({
  name: z.string(),
  /** Live share in whole percent; 0 is reachable by header only. */
  weight: z.number().int().min(0).max(100),
  mirrorPercent: z.number().int().min(0).max(100),
  /** Bounds the time to the first response byte. */
  requestTimeoutMs: z.number().int().positive(),
  maxQueueWaitMs: z.number().int().nonnegative(),
  /** Sent to the model with every request, for external servers. */
  extraHeaders: z.record(z.string(), z.string()).default({}),
  /** Only ready instances are listed. */
  instances: z.array(routeInstanceSchema),
});

export const routeEndpointSchema = z.object({
  /** Lower case. */
  name: z.string(),
  auth: z.object({
    mode: z.enum(['key', 'aml_token', 'aad_token', 'none']),
    keys: z.array(z.object({ id: z.string(), sha256: digestSchema })),
  }),
  publicNetworkAccess: z.enum(['enabled', 'disabled']),
  stickyHeader: z.string().nullable(),
  limits: z.object({
    requestsPerSecond: z.number().positive().nullable(),
    concurrency: z.number().int().positive().nullable(),
    maxBodyBytes: z.number().int().positive().nullable(),
  }),
  idempotentPredictions: z.boolean(),
  mapModelErrors: z.boolean(),
  allowWebsocket: z.boolean(),
  corsOrigins: z.array(z.string()),
  deployments: z.array(routeDeploymentSchema),
});

/** Everything the gateway knows: whole, immutable, numbered. Names are unique and sorted, so equal states give equal bytes. */
export const routeTableSchema = z.object({
  version: z.literal(ROUTE_TABLE_VERSION),
  revision: z.number().int().positive(),
  endpoints: z.array(routeEndpointSchema),
});

export type RouteInstance = z.infer<typeof routeInstanceSchema>;
export type RouteDeployment = z.infer<typeof routeDeploymentSchema>;
export type RouteEndpoint = z.infer<typeof routeEndpointSchema>;
export type RouteTable = z.infer<typeof routeTableSchema>;
