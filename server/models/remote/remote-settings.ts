import { z } from 'zod';
import type { ConfigSlice, ParsedSlice } from '#server/kernel/config.ts';

const originSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .transform((text) => text.replace(/\/+$/, ''));

/** Where models are registered from besides uploads, and what lets us in there. Each secret can come from a file (`NAME_FILE`). */
export const remoteModelsConfig = {
  VIRIDIAN_S3_ENDPOINT: originSchema
    .optional()
    .describe('S3-compatible server that s3:// models are read from; AWS without it'),
  VIRIDIAN_S3_REGION: z.string().min(1).default('us-east-1').describe('Region that requests to S3 are signed for'),
  VIRIDIAN_S3_ACCESS_KEY_ID: z
    .string()
    .min(1)
    .optional()
    .describe('Key id for s3:// models; public buckets without it'),
  VIRIDIAN_S3_SECRET_ACCESS_KEY: z.string().min(1).optional().describe('Secret of that key'),
  VIRIDIAN_S3_SESSION_TOKEN: z.string().min(1).optional().describe('Session token of a temporary key'),
  VIRIDIAN_MLFLOW_TRACKING_URI: originSchema
    .optional()
    .describe('MLflow server that models:/ and runs:/ are looked up in'),
  VIRIDIAN_MLFLOW_TRACKING_USERNAME: z.string().min(1).optional().describe('User at the MLflow server'),
  VIRIDIAN_MLFLOW_TRACKING_PASSWORD: z.string().min(1).optional().describe('Password of that user'),
  VIRIDIAN_MLFLOW_TRACKING_TOKEN: z.string().min(1).optional().describe('Bearer token instead of user and password'),
  VIRIDIAN_HF_ENDPOINT: originSchema
    .default('https://huggingface.co')
    .describe('Hub that hf:// models are read from, or a mirror of it'),
  VIRIDIAN_HF_TOKEN: z.string().min(1).optional().describe('Access token for private and gated repositories'),
} satisfies ConfigSlice;

export type RemoteModelsSettings = ParsedSlice<typeof remoteModelsConfig>;

/**
 * Origins that the operator named: what is private there was meant to be reached, metadata services aside.
 * The public hub is left out: nothing about it is private.
 */
export function trustedOriginsOf(settings: RemoteModelsSettings): ReadonlySet<string> {
  const named = [settings.VIRIDIAN_S3_ENDPOINT, settings.VIRIDIAN_MLFLOW_TRACKING_URI, settings.VIRIDIAN_HF_ENDPOINT];
  return new Set(named.flatMap((url) => (url === undefined ? [] : [new URL(url).origin])));
}
