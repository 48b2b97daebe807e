import { z } from 'zod';
import { parseCidr } from '../networks/cidr.ts';
import { caselessEnum, listSchema, resourceNameSchema, revisionedShape, tagsSchema } from './resource.ts';

/** Whole percents per deployment. That they sum to 0 or 100 is checked with the deployments at hand, not here. */
export const trafficMapSchema = z.record(resourceNameSchema, z.number().int().min(0).max(100));

export const authModeSchema = caselessEnum(['key', 'aml_token', 'aad_token']);

const limitShape = {
  requests_per_second: z.number().positive().max(1_000_000).optional(),
  /** Requests that may come at once before the rate counts; a second's worth where it is left out. */
  burst: z.number().int().positive().max(1_000_000).optional(),
  concurrency: z.number().int().positive().max(1_000_000).optional(),
  max_body_bytes: z.number().int().positive().optional(),
};

const hasRateForBurst = (limits: { burst?: number | undefined; requests_per_second?: number | undefined }): boolean =>
  limits.burst === undefined || limits.requests_per_second !== undefined;
const BURST_ALONE = {
  path: ['burst'],
  error: 'needs requests_per_second: a burst is what may come before that rate counts',
};

export const limitsSchema = z
  .strictObject({
    ...limitShape,
    /** Of each key by itself; with tokens, of each person or API key that gets them. */
    per_key: z.strictObject(limitShape).refine(hasRateForBurst, BURST_ALONE).optional(),
  })
  .refine(hasRateForBurst, BURST_ALONE);

/** How answers of mirrors are compared with live ones. */
export const mirrorComparisonSettingsSchema = z.strictObject({
  /** Share of the copies whose answers are compared, in whole percent. */
  sample_percent: z.number().int().min(0).max(100),
  /** How far two numbers may be apart and still agree, as a share of the larger one. */
  relative_tolerance: z.number().min(0).max(1),
});

export const networkSchema = z
  .string()
  .max(64)
  .refine((text) => parseCidr(text) !== null, {
    error: 'must be a network such as 10.0.0.0/8 or 2001:db8::/32, with no bits set beyond its prefix, or one address',
  });

export const PROVISIONING_STATES = ['Creating', 'Updating', 'Deleting', 'Succeeded', 'Failed', 'Canceled'] as const;

/** What a caller may write. Fields of the original that only its cloud needs (`compute`, `identity`) are kept and answered. */
const writableShape = {
  description: z.string().max(4096).optional(),
  tags: tagsSchema.optional(),
  properties: tagsSchema.optional(),
  auth_mode: authModeSchema.optional(),
  traffic: trafficMapSchema.optional(),
  mirror_traffic: trafficMapSchema.optional(),
  public_network_access: caselessEnum(['enabled', 'disabled']).optional(),
  /** Who may call besides this host where public network access is disabled. */
  allowed_networks: z.array(networkSchema).max(100).optional(),
  identity: z.record(z.string(), z.unknown()).optional(),
  compute: z.string().optional(),
  sticky_header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .nullable()
    .optional(),
  limits: limitsSchema.nullable().optional(),
  idempotent_predictions: z.boolean().optional(),
  map_model_errors: z.boolean().optional(),
  allow_websocket: z.boolean().optional(),
  cors_origins: z.array(z.string().max(512)).max(100).optional(),
  /** Null where answers of mirrors are thrown away unread. */
  mirror_comparison: mirrorComparisonSettingsSchema.nullable().optional(),
};

/** Body of PUT and POST. Read-only fields and `$schema` may be sent back; the API strips them before this schema sees them. */
export const endpointWriteSchema = z.strictObject({ name: resourceNameSchema.optional(), ...writableShape });

/** Fields that answers carry and writes ignore, so that GET, edit, PUT works. */
export const ENDPOINT_READ_ONLY_FIELDS = [
  '$schema',
  'id',
  'location',
  'kind',
  'provisioning_state',
  'scoring_uri',
  'openapi_uri',
  'swagger_uri',
  'revision',
  'created_at',
  'updated_at',
  'state',
  'state_reason',
  'deployments',
  'run_rate_micros_per_hour',
  'currency',
  'route_revision',
] as const;

/** What an endpoint serves now, as a word for people: never the outcome of its last operation. */
export const ENDPOINT_STATES = [
  'healthy',
  'degraded',
  'no_traffic',
  'empty',
  'updating',
  'failed',
  'deleting',
] as const;

export const endpointSchema = z.object({
  name: z.string(),
  description: z.string(),
  tags: tagsSchema,
  properties: tagsSchema,
  auth_mode: z.enum(['key', 'aml_token', 'aad_token']),
  /** Every deployment appears, with 0 where it takes nothing. */
  traffic: trafficMapSchema,
  mirror_traffic: trafficMapSchema,
  public_network_access: z.enum(['enabled', 'disabled']),
  allowed_networks: z.array(z.string()),
  identity: z.record(z.string(), z.unknown()).optional(),
  compute: z.string().optional(),
  sticky_header: z.string().nullable(),
  limits: limitsSchema.nullable(),
  idempotent_predictions: z.boolean(),
  map_model_errors: z.boolean(),
  allow_websocket: z.boolean(),
  cors_origins: z.array(z.string()),
  mirror_comparison: mirrorComparisonSettingsSchema.nullable(),
  kind: z.literal('Managed'),
  provisioning_state: z.enum(PROVISIONING_STATES),
  scoring_uri: z.string(),
  openapi_uri: z.string(),
  state: z.enum(ENDPOINT_STATES),
  state_reason: z.string(),
  /** Short summaries for lists; the whole deployments are under `/deployments`. */
  deployments: z.array(
    z.object({
      name: z.string(),
      colour_slot: z.number().int().min(1),
      provisioning_state: z.string(),
      ready_instances: z.number().int(),
      instance_count: z.number().int(),
    }),
  ),
  run_rate_micros_per_hour: z.number().int(),
  currency: z.string(),
  ...revisionedShape,
});

export const endpointListSchema = listSchema(endpointSchema);

export const trafficWriteSchema = z.strictObject({
  traffic: trafficMapSchema.optional(),
  mirror_traffic: trafficMapSchema.optional(),
  /** Shown in the history; never needed. */
  reason: z.string().max(500).optional(),
});

export const trafficSchema = z.object({
  traffic: trafficMapSchema,
  mirror_traffic: trafficMapSchema,
  /** The endpoint's revision, the ETag. */
  revision: z.number().int(),
  /** Revision of the route table that holds this split; every gateway worker serves it when the answer is 200. */
  route_revision: z.number().int(),
  workers: z.object({ confirmed: z.number().int(), total: z.number().int() }),
});

/** One applied split, newest first in lists. */
export const trafficHistoryEntrySchema = z.object({
  revision: z.number().int(),
  traffic: trafficMapSchema,
  mirror_traffic: trafficMapSchema,
  reason: z.string(),
  actor: z.string(),
  applied_at: z.string(),
});
export const trafficHistorySchema = listSchema(trafficHistoryEntrySchema);

export const keysSchema = z.object({ primary_key: z.string(), secondary_key: z.string() });

/** Times in epoch seconds. */
export const endpointTokenSchema = z.object({
  access_token: z.string(),
  expiry_time_utc: z.number().int(),
  /** From here on a caller should ask for the next one. */
  refresh_after_time_utc: z.number().int(),
  token_type: z.literal('Bearer'),
});

export const regenerateKeySchema = z.strictObject({
  key_type: caselessEnum(['primary', 'secondary']),
  key_value: z
    .string()
    .min(16)
    .max(512)
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
    .optional(),
});

export const invokeRequestSchema = z.strictObject({
  path: z.string().startsWith('/').default('/score'),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown().optional(),
  body_base64: z.base64().optional(),
  deployment: resourceNameSchema.optional(),
});

export const invokeResponseSchema = z.object({
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
  body_base64: z.string().optional(),
  duration_ms: z.number(),
  deployment: z.string().nullable(),
  /** The answer was longer, or took longer, than this call shows: what came until then is here. */
  truncated: z.boolean().optional(),
});

/** Something that happened to an endpoint, in a sentence; the marks in charts come from here. */
export const activitySchema = z.object({
  id: z.string(),
  at: z.string(),
  endpoint: z.string(),
  kind: z.enum(['deploy', 'traffic', 'scale', 'config', 'restart', 'delete', 'failure', 'key', 'ready']),
  deployment: z.string().nullable(),
  actor: z.string(),
  text: z.string(),
  operation_id: z.string().nullable(),
  revision: z.number().int().nullable(),
});
export const activityListSchema = listSchema(activitySchema);

export type EndpointWrite = z.infer<typeof endpointWriteSchema>;
/** JSON merge patch (RFC 7396): null removes a member, what is left out stays. */
export type EndpointPatch = Partial<Record<keyof EndpointWrite, unknown>>;
export type Endpoint = z.infer<typeof endpointSchema>;
export type TrafficMap = Record<string, number>;
export type Traffic = z.infer<typeof trafficSchema>;
export type TrafficWrite = z.infer<typeof trafficWriteSchema>;
export type TrafficHistoryEntry = z.infer<typeof trafficHistoryEntrySchema>;
export type EndpointToken = z.infer<typeof endpointTokenSchema>;
export type MirrorComparisonSettings = z.infer<typeof mirrorComparisonSettingsSchema>;
export type EndpointLimits = z.infer<typeof limitsSchema>;
export type EndpointKeys = z.infer<typeof keysSchema>;
export type InvokeRequest = z.input<typeof invokeRequestSchema>;
export type InvokeResponse = z.infer<typeof invokeResponseSchema>;
export type Activity = z.infer<typeof activitySchema>;
