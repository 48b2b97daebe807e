import { z } from 'zod';

export const ROUTE_TABLE_VERSION = 1;

/** SHA-256 of a credential, in hex: the table on disk never holds a key that could be used. */
const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** How to speak to a server that runs elsewhere: who it takes itself for, and what it wants to be told. */
const routeExternalSchema = z.object({
  /** `Host` of every request: the name that `host` was resolved from, with its port where that is not the default. */
  authority: z.string(),
  /** Put before the path of every request; empty or `/base`. */
  basePath: z.string(),
  /** Sent instead of what the client sent under these names. Values are sealed (`openExternalHeader`). */
  headers: z.record(z.string(), z.string()),
  /** The name that its certificate must be for; null for plain HTTP. */
  tlsName: z.string().nullable(),
});

export const routeInstanceSchema = z.object({
  id: z.string(),
  /** Changes whenever the process or container behind the id does: pools are keyed by `id` and `generation`, never by address. */
  generation: z.number().int().nonnegative(),
  host: z.string(),
  port: z.number().int().min(1).max(65_535),
  /** Where its server takes calls of gRPC, if not at `port`: Triton and TensorFlow Serving have a port for each protocol. */
  grpcPort: z.number().int().min(1).max(65_535).optional(),
  /** Requests that may be in flight at this instance, over all workers. */
  maxConcurrency: z.number().int().positive(),
  /** Left out for what runs here. */
  external: routeExternalSchema.optional(),
});

export const routeDeploymentSchema = z.object({
  name: z.string(),
  /** Live share in whole percent; 0 is reachable by header only. */
  weight: z.number().int().min(0).max(100),
  mirrorPercent: z.number().int().min(0).max(100),
  /** Bounds the time to the first response byte. */
  requestTimeoutMs: z.number().int().positive(),
  maxQueueWaitMs: z.number().int().nonnegative(),
  /** Only ready instances are listed. */
  instances: z.array(routeInstanceSchema),
  /** Requests that instances on their way will take at once, where none is ready yet: callers may wait for them. Left out for none. */
  coldSlots: z.number().int().positive().optional(),
});

const limitShape = {
  requestsPerSecond: z.number().positive().nullable(),
  /** Requests at once before the rate counts; a second's worth where it is left out. */
  burst: z.number().int().positive().optional(),
  concurrency: z.number().int().positive().nullable(),
  maxBodyBytes: z.number().int().positive().nullable(),
};

/** What endpoint tokens are verified with, without a call. */
export const routeTokensSchema = z.object({
  issuer: z.string(),
  /** Ed25519 public keys, 32 bytes in base64url, of every key whose tokens may not have expired. */
  keys: z.array(z.object({ kid: z.string(), publicKey: z.string().regex(/^[\w-]{43}$/) })),
});

export const routeEndpointSchema = z.object({
  /** Lower case. */
  name: z.string(),
  auth: z.object({
    mode: z.enum(['key', 'aml_token', 'aad_token', 'none']),
    keys: z.array(z.object({ id: z.string(), sha256: digestSchema })),
    /** `aud` of the endpoint's tokens; where it is left out no token fits. */
    audience: z.string().optional(),
  }),
  publicNetworkAccess: z.enum(['enabled', 'disabled']),
  /** CIDRs that may call besides this host where public access is disabled. */
  allowedNetworks: z.array(z.string()).optional(),
  stickyHeader: z.string().nullable(),
  limits: z.object({
    ...limitShape,
    /** Of each key or holder of tokens by itself. */
    perKey: z.object(limitShape).optional(),
  }),
  idempotentPredictions: z.boolean(),
  mapModelErrors: z.boolean(),
  allowWebsocket: z.boolean(),
  corsOrigins: z.array(z.string()),
  /** Compares answers to copies with live ones; left out where none are. */
  mirrorComparison: z
    .object({ samplePercent: z.number().int().min(1).max(100), relativeTolerance: z.number().min(0).max(1) })
    .optional(),
  deployments: z.array(routeDeploymentSchema),
});

/** Everything the gateway knows: whole, immutable, numbered. Names are unique and sorted, so equal states give equal bytes. */
export const routeTableSchema = z.object({
  version: z.literal(ROUTE_TABLE_VERSION),
  revision: z.number().int().positive(),
  endpoints: z.array(routeEndpointSchema),
  /** Left out before the first token is issued. */
  tokens: routeTokensSchema.optional(),
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  trustedForwarders: z.array(z.string()).optional(),
});

export type RouteExternal = z.infer<typeof routeExternalSchema>;
export type RouteInstance = z.infer<typeof routeInstanceSchema>;
export type RouteDeployment = z.infer<typeof routeDeploymentSchema>;
export type RouteEndpoint = z.infer<typeof routeEndpointSchema>;
export type RouteTokens = z.infer<typeof routeTokensSchema>;
export type RouteTable = z.infer<typeof routeTableSchema>;
