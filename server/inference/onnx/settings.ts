import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { ConfigSlice } from '#server/kernel/config.ts';

const MIB = 1024 * 1024;

/** Settings of the ONNX model server, beside `PORT` and `AZUREML_MODEL_DIR`, which whoever starts the instance gives. */
export const onnxServerConfig = {
  VIRIDIAN_ONNX_THREADS: count(1, 1024).default(availableParallelism()).describe('Threads that one run may use'),
  VIRIDIAN_ONNX_MODEL_NAME: z
    .string()
    .min(1)
    .optional()
    .describe('Name under /v2/models; default: name of the model file'),
  VIRIDIAN_ONNX_MODEL_VERSION: z.string().min(1).default('1').describe('Version under /v2/models'),
  VIRIDIAN_ONNX_BATCHING: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('Whether requests that wait together share a run; auto: where rows are proved independent at start'),
  VIRIDIAN_ONNX_MAX_BATCH_ROWS: count(1, 1_000_000).default(128).describe('Rows of one shared run'),
  VIRIDIAN_ONNX_MAX_QUEUED_REQUESTS: count(1, 1_000_000).default(1024).describe('Requests that may wait; more get 503'),
  VIRIDIAN_ONNX_MAX_QUEUED_BYTES: count(MIB, 2 ** 40)
    .default(512 * MIB)
    .describe('Input bytes that may wait; more get 503'),
  VIRIDIAN_ONNX_MAX_BODY_BYTES: count(1024, 2 ** 31 - 1)
    .default(64 * MIB)
    .describe('Largest request body'),
  VIRIDIAN_ONNX_KEEP_ALIVE_MS: count(1000, 3_600_000).default(300_000).describe('Time an idle connection is kept'),
  VIRIDIAN_ONNX_RECEIVE_TIMEOUT_MS: count(100, 3_600_000)
    .default(60_000)
    .describe('Time a half-sent request may pause'),
  VIRIDIAN_ONNX_DRAIN_TIMEOUT_MS: count(0, 3_600_000)
    .default(60_000)
    .describe('Time for requests under way after SIGTERM'),
} satisfies ConfigSlice;

export type OnnxServerSettings = z.infer<z.ZodObject<typeof onnxServerConfig>>;

/** Set by whoever starts the instance. */
export const instanceConfig = {
  PORT: z.coerce.number().int().min(0).max(65_535),
  AZUREML_MODEL_DIR: z.string().min(1),
};

function count(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}
