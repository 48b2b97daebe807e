import { z } from 'zod';
import { DISAGREEMENTS, KEPT_PAIRS, NOT_COMPARED } from './comparison-rules.ts';

export const excerptSchema = z.object({
  /** Null where the body is no text. */
  text: z.string().nullable(),
  /** Of the whole body. */
  bytes: z.number().int().nonnegative(),
  is_whole: z.boolean(),
});

export const disagreeingPairSchema = z.object({
  /** That of the live request; both deployments saw it. */
  request_id: z.string(),
  at: z.string(),
  live: z.string(),
  mirror: z.string(),
  reason: z.enum(DISAGREEMENTS),
  /** JSON pointer to the first place that differs so; empty for the whole answer. */
  path: z.string(),
  /** Largest relative difference of two numbers in it, 0 to 2; null where no number was compared. */
  max_difference: z.number().nullable(),
  live_status: z.number().int(),
  mirror_status: z.number().int(),
  /** Request sent to first byte of the answer. */
  live_ms: z.number(),
  mirror_ms: z.number(),
  request: excerptSchema,
  live_answer: excerptSchema,
  mirror_answer: excerptSchema,
});

export const mirrorTotalsSchema = z.object({
  live: z.string(),
  mirror: z.string(),
  /** Agreed and disagreed. */
  compared: z.number().int(),
  agreed: z.number().int(),
  /** Of those compared; null where none was. */
  agreement_rate: z.number().nullable(),
  disagreed: z.record(z.enum(DISAGREEMENTS), z.number().int()),
  not_compared: z.record(z.enum(NOT_COMPARED), z.number().int()),
  /** The mirror's time less the live one's, from the request sent to the first byte of the answer; null where none was compared. */
  latency_difference_ms: z.object({ p50: z.number(), p95: z.number() }).nullable(),
  /** Largest relative difference of two numbers, agreed or not; null where no number was compared. */
  max_difference: z.number().nullable(),
});

export const mirrorComparisonsSchema = z.object({
  from: z.string(),
  to: z.string(),
  /** By the names of live deployment and mirror. */
  mirrors: z.array(mirrorTotalsSchema),
  /** Newest first. */
  pairs: z.array(disagreeingPairSchema),
});

export const mirrorComparisonsQuerySchema = z.strictObject({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  /** Of pairs. */
  limit: z.coerce.number().int().min(0).max(KEPT_PAIRS).default(50),
});

export type Excerpt = z.infer<typeof excerptSchema>;
export type DisagreeingPair = z.infer<typeof disagreeingPairSchema>;
export type MirrorTotals = z.infer<typeof mirrorTotalsSchema>;
export type MirrorComparisons = z.infer<typeof mirrorComparisonsSchema>;
