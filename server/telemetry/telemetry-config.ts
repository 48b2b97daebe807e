import { z } from 'zod';
import type { ConfigSlice } from '#server/kernel/config.ts';

export const telemetryConfig = {
  VIRIDIAN_TELEMETRY_MAX_MIB: z.coerce
    .number()
    .int()
    .min(64)
    .max(1_048_576)
    .default(2048)
    .describe('Room that metrics may take on the disk, in MiB; above it the finest and oldest go first'),
  VIRIDIAN_TELEMETRY_RESERVE_MIB: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_048_576)
    .default(256)
    .describe('Free room in MiB that metrics leave to everything else on the disk'),
} satisfies ConfigSlice;
