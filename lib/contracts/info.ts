import { z } from 'zod';

/** Whether this host can run something: the reason and the fix where it cannot. */
export const capabilitySchema = z.object({
  available: z.boolean(),
  version: z.string().optional(),
  reason: z.string().optional(),
  fix: z.string().optional(),
});

export const infoSchema = z.object({
  version: z.string(),
  runtimes: z.object({
    process: capabilitySchema.extend({
      python: z.string().nullable(),
      /** Where there is no Python: why, and what to do. */
      python_reason: z.string().optional(),
      python_fix: z.string().optional(),
      memory_limit_by: z.enum(['cgroup', 'rlimit', 'none']),
    }),
    docker: capabilitySchema.extend({
      addressing: z
        .enum(['container', 'published'])
        .nullable()
        .optional()
        .describe(
          'How containers are reached: at their own addresses, or at ports of loopback, as with Docker Desktop. Null until an engine has been seen',
        ),
    }),
    /** The `tritonserver` of this host, whose path stands for its version. */
    triton: capabilitySchema.optional(),
    kubernetes: capabilitySchema,
  }),
  gpus: z.array(z.object({ name: z.string(), memory_mib: z.number().int() })),
  gpu: capabilitySchema,
  /** GPUs that no instance holds. */
  gpus_free: z.number().int().min(0),
  cpu_count: z.number(),
  memory_mib: z.number().int(),
  disk_free_bytes: z.number().int(),
  /** Public base of the gateway, for example `http://127.0.0.1:8080`. */
  gateway_url: z.string(),
  gateway_workers: z.object({ confirmed: z.number().int(), total: z.number().int() }),
  route_revision: z.number().int(),
  currency: z.string(),
});

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  components: z.record(z.string(), z.enum(['ok', 'down'])),
});

export type Info = z.infer<typeof infoSchema>;
export type Capability = z.infer<typeof capabilitySchema>;
export type Health = z.infer<typeof healthSchema>;
