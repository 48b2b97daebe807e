import { z } from 'zod';
import type { ConfigSlice } from '#server/kernel/config.ts';

export const tritonLauncherConfig = {
  VIRIDIAN_TRITON_REPOSITORY: z
    .string()
    .default('')
    .describe('Path of the model repository inside the model’s folder; empty for the folder itself'),
} satisfies ConfigSlice;

/** Set by whoever starts the instance. */
export const instanceConfig = {
  PORT: z.coerce.number().int().min(1).max(65_535),
  /** Instances that were made before there was one are started again without. */
  VIRIDIAN_GRPC_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  AZUREML_MODEL_DIR: z.string().min(1),
};
