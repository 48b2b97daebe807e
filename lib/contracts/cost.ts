import { z } from 'zod';

export const COST_GROUPS = ['endpoint', 'deployment', 'instance_type'] as const;

export const costQuerySchema = z.object({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  granularity: z.enum(['hour', 'day', 'month', 'total']).default('day'),
  group_by: z
    .string()
    .transform((text) => text.split(',').filter(Boolean))
    .pipe(z.array(z.enum(COST_GROUPS)))
    .default(['endpoint', 'deployment', 'instance_type']),
  endpoint: z.string().optional(),
  deployment: z.string().optional(),
});

/** The part of a row that one price made: `instance_seconds × price / 3600`, rounded once per row so that parts sum to the whole. */
export const costPriceSchema = z.object({
  instance_type: z.string(),
  price_per_hour_micros: z.number().int(),
  instance_seconds: z.number(),
  effective_from: z.string(),
});

export const costRowSchema = z.object({
  period_start: z.string(),
  period_end: z.string(),
  endpoint: z.string().optional(),
  deployment: z.string().optional(),
  instance_type: z.string().optional(),
  cost_micros: z.number().int(),
  currency: z.string(),
  instance_seconds: z.number(),
  prices: z.array(costPriceSchema),
});

export const costResultSchema = z.object({
  items: z.array(costRowSchema),
  next_cursor: z.null(),
  /** In `currency`, the one that most instance types are priced in; rows of other currencies have totals of their own. */
  total_micros: z.number().int(),
  currency: z.string(),
  /** What runs now costs per hour, including deployments that failed but hold an instance. In `currency`. */
  run_rate_micros_per_hour: z.number().int(),
  totals: z.array(
    z.object({ currency: z.string(), cost_micros: z.number().int(), run_rate_micros_per_hour: z.number().int() }),
  ),
  complete_to: z.string(),
});

export type CostQuery = z.infer<typeof costQuerySchema>;
export type CostRow = z.infer<typeof costRowSchema>;
export type CostResult = z.infer<typeof costResultSchema>;
