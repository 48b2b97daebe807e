import { z } from 'zod';

const probeSpecSchema = z.object({
  path: z.string(),
  port: z.number().exactOptional(),
  initialDelaySeconds: z.number(),
  periodSeconds: z.number(),
  timeoutSeconds: z.number(),
  successThreshold: z.number(),
  failureThreshold: z.number(),
});

/** An instance's spec as drivers write it down, without what only one of them knows. */
export const programSpecSchema = z.object({
  instanceId: z.string(),
  endpoint: z.string(),
  deployment: z.string(),
  specHash: z.string(),
  hasGrpcPort: z.literal(true).exactOptional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  modelDir: z.string().nullable(),
  cpu: z.number(),
  memoryMib: z.number(),
  liveness: probeSpecSchema,
  readiness: probeSpecSchema,
  stopGraceSeconds: z.number(),
});

export const instanceExitSchema = z.object({
  code: z.number().nullable(),
  signal: z.string().nullable(),
  reason: z.string(),
  outOfMemory: z.boolean(),
  at: z.string(),
});
