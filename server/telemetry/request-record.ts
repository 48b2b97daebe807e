import { z } from 'zod';

/** Why the gateway itself answered; `none` when the answer is the model's. */
export const GATEWAY_REASONS = [
  'none',
  'no_route',
  'unauthorized',
  'forbidden',
  'bad_request',
  'too_large',
  'rate_limited',
  'concurrency_limited',
  'queue_full',
  'queue_timeout',
  'no_deployment',
  'no_instance',
  'connect_failed',
  'connect_timeout',
  'model_timeout',
  'bad_response',
  'upstream_closed',
  'client_gone',
  'preflight',
  'internal',
] as const;
export type GatewayReason = (typeof GATEWAY_REASONS)[number];

/**
 * One finished request, as a tuple because there are tens of thousands a second:
 * `[target, endedAtMs, durationUs, queueUs, modelUs, status, reason, bytesIn, bytesOut, flags]`.
 * `target` indexes the batch's `targets`; `endedAtMs` is epoch milliseconds; `durationUs` first byte in to last byte out; `queueUs` wait for a
 * slot; `modelUs` request sent to first byte of the model's answer (0 when it was never sent); `status` as the client saw it (499 when it
 * left first); `reason` indexes GATEWAY_REASONS; `flags` is a bit set of REQUEST_FLAGS.
 */
export const requestRecordSchema = z.tuple([
  z.number().int().nonnegative(),
  z.number().nonnegative(),
  z.number().nonnegative(),
  z.number().nonnegative(),
  z.number().nonnegative(),
  z.number().int(),
  z.number().int().nonnegative(),
  z.number().nonnegative(),
  z.number().nonnegative(),
  z.number().int().nonnegative(),
]);

export const REQUEST_FLAGS = { mirrored: 1, pinned: 2, retried: 4 } as const;

/** Body of `POST /ingest/requests` on the telemetry socket. `sequence` rises by one per worker life, so that gaps and repeats show. */
export const requestBatchSchema = z.object({
  version: z.literal(1),
  /** Worker pid and start time: unique per worker life. */
  source: z.string(),
  sequence: z.number().int().nonnegative(),
  /** Records thrown away since the last batch because telemetry was away. */
  dropped: z.number().int().nonnegative(),
  /** `[endpoint, deployment, instance]`, with '' where none was chosen. */
  targets: z.array(z.tuple([z.string(), z.string(), z.string()])),
  records: z.array(requestRecordSchema),
});

/** Body of `POST /ingest/samples`: resource use of instances, taken by the control plane. */
export const resourceSampleSchema = z.object({
  atMs: z.number(),
  endpoint: z.string(),
  deployment: z.string(),
  instance: z.string(),
  /** Percent of the instance type's CPUs. */
  cpuPercent: z.number().nonnegative(),
  memoryBytes: z.number().nonnegative(),
  /** Percent of the instance type's memory. */
  memoryPercent: z.number().nonnegative(),
});
export const sampleBatchSchema = z.object({ version: z.literal(1), samples: z.array(resourceSampleSchema) });

export type RequestRecord = z.infer<typeof requestRecordSchema>;
export type RequestBatch = z.infer<typeof requestBatchSchema>;
export type ResourceSample = z.infer<typeof resourceSampleSchema>;
export type SampleBatch = z.infer<typeof sampleBatchSchema>;
