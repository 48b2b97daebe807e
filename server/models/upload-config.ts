import { z } from 'zod';
import type { ConfigSlice, ParsedSlice } from '#server/kernel/config.ts';
import type { UploadLimits } from './upload-receiver.ts';

const MIB = 1024 ** 2;

export const uploadConfig = {
  VIRIDIAN_UPLOAD_MAX_MIB: z.coerce
    .number()
    .int()
    .min(1)
    .max(16_777_216)
    .default(102_400)
    .describe('Largest upload in MiB'),
  VIRIDIAN_UPLOAD_RESERVE_MIB: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_048_576)
    .default(512)
    .describe('Free room in MiB that uploads leave to the database and the logs'),
} satisfies ConfigSlice;

export function uploadLimitsOf(
  config: ParsedSlice<typeof uploadConfig>,
): Pick<UploadLimits, 'maxUploadBytes' | 'reserveBytes'> {
  return {
    maxUploadBytes: config.VIRIDIAN_UPLOAD_MAX_MIB * MIB,
    reserveBytes: config.VIRIDIAN_UPLOAD_RESERVE_MIB * MIB,
  };
}
