import { z } from 'zod';
import { AppError } from '#server/kernel/app-error.ts';
import { RECORD, RECORD_WIDTH, type ResourceSample, type SampleBatch } from './request-record.ts';

const sampleSchema = z.object({
  atMs: z.number(),
  endpoint: z.string(),
  deployment: z.string(),
  instance: z.string(),
  cpuPercent: z.number().nonnegative(),
  memoryBytes: z.number().nonnegative(),
  memoryPercent: z.number().nonnegative(),
}) satisfies z.ZodType<ResourceSample>;
const sampleBatchSchema = z.object({ version: z.literal(1), samples: z.array(sampleSchema) });

/**
 * Whether the record at `row` can be counted: one that cannot does not take the batch with it. By hand: a schema would cost more than everything
 * else that happens to a record, tens of thousands of times a second.
 */
export function isSoundRecord(records: Float64Array, row: number, targets: number): boolean {
  for (let column = row; column < row + RECORD_WIDTH; column += 1) {
    const value = records[column] as number;
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) return false;
  }
  const target = records[row + RECORD.target] as number;
  return target < targets && Number.isInteger(target);
}

/** @throws AppError request.malformed */
export function parseSampleBatch(body: unknown): SampleBatch {
  const parsed = sampleBatchSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AppError('request.malformed', 'The batch of resource samples does not have the agreed shape.');
}
