import { z } from 'zod';
import { COMPARISON_OUTCOMES, MAX_EXCERPT_BYTES } from '#lib/contracts/comparison-rules.ts';
import { excerptSchema } from '#lib/contracts/mirror-comparison.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { LivingEndpoint } from './comparison-book.ts';
import type { ComparisonBatch } from './comparison-record.ts';

const boundedExcerpt = excerptSchema.extend({ text: z.string().max(MAX_EXCERPT_BYTES).nullable() });

const recordSchema = z.object({
  atMs: z.number().int().nonnegative(),
  endpoint: z.string(),
  live: z.string(),
  mirror: z.string(),
  outcome: z.enum(COMPARISON_OUTCOMES),
  liveMs: z.number().nonnegative(),
  mirrorMs: z.number().nonnegative(),
  maxDifference: z.number().nullable(),
  detail: z
    .object({
      requestId: z.string(),
      path: z.string().max(MAX_EXCERPT_BYTES),
      liveStatus: z.number().int(),
      mirrorStatus: z.number().int(),
      request: boundedExcerpt,
      liveAnswer: boundedExcerpt,
      mirrorAnswer: boundedExcerpt,
    })
    .exactOptional(),
});

const batchSchema = z.object({
  version: z.literal(1),
  source: z.string(),
  sequence: z.number().int().nonnegative(),
  dropped: z.number().int().nonnegative(),
  records: z.array(recordSchema),
}) satisfies z.ZodType<ComparisonBatch>;

/** Body of `POST /comparisons/retain`. */
export interface RetainComparisons {
  /** When the list was made. */
  asOfMs: number;
  endpoints: LivingEndpoint[];
}

const retainSchema = z.object({
  asOfMs: z.number(),
  endpoints: z.array(z.object({ name: z.string(), sinceMs: z.number() })),
}) satisfies z.ZodType<RetainComparisons>;

const querySchema = z.object({
  endpoint: z.string(),
  from: z.coerce.number(),
  to: z.coerce.number(),
  limit: z.coerce.number().int().nonnegative(),
});

/** A range in epoch milliseconds. */
export type ComparisonsQuery = z.infer<typeof querySchema>;

/** @throws AppError request.malformed */
export function parseComparisonBatch(body: unknown): ComparisonBatch {
  return parse(batchSchema, body, 'batch of comparisons');
}

/** @throws AppError request.malformed */
export function parseRetainComparisons(body: unknown): RetainComparisons {
  return parse(retainSchema, body, 'list of endpoints');
}

/** @throws AppError request.malformed */
export function parseComparisonsQuery(query: unknown): ComparisonsQuery {
  return parse(querySchema, query, 'query for comparisons');
}

function parse<Shape>(schema: z.ZodType<Shape>, value: unknown, what: string): Shape {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('request.malformed', `The ${what} does not have the agreed shape.`);
}
