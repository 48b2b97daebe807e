import { z } from 'zod';
import { listSchema, revisionedShape } from './resource.ts';

export const instanceTypeNameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/);

export const instanceTypeWriteSchema = z.strictObject({
  name: instanceTypeNameSchema.optional(),
  cpu: z.number().positive().max(4096),
  memory_mib: z.number().int().positive(),
  gpus: z.number().int().min(0).optional(),
  gpu_memory_mib: z.number().int().min(0).optional(),
  /** Integer micro-units of `currency` per instance and hour: 169000 is 0.169. */
  price_per_hour_micros: z.number().int().min(0),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  description: z.string().max(4096).optional(),
});

export const INSTANCE_TYPE_READ_ONLY_FIELDS = [
  '$schema',
  'revision',
  'created_at',
  'updated_at',
  'fits_host',
  'fit_reason',
  'used_by',
] as const;

export const instanceTypeSchema = z.object({
  name: z.string(),
  cpu: z.number(),
  memory_mib: z.number().int(),
  gpus: z.number().int(),
  gpu_memory_mib: z.number().int(),
  price_per_hour_micros: z.number().int(),
  currency: z.string(),
  description: z.string(),
  /** Whether this host is large enough for one such instance. */
  fits_host: z.boolean(),
  fit_reason: z.string(),
  used_by: z.array(z.string()),
  ...revisionedShape,
});
export const instanceTypeListSchema = listSchema(instanceTypeSchema);

export type InstanceTypeWrite = z.infer<typeof instanceTypeWriteSchema>;
export type InstanceType = z.infer<typeof instanceTypeSchema>;
