import { z } from 'zod';
import { problemSchema } from './problem.ts';
import { listSchema } from './resource.ts';

export const OPERATION_STATUSES = ['running', 'succeeded', 'failed', 'canceled', 'superseded'] as const;
export const STAGE_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'skipped'] as const;
export const OPERATION_KINDS = [
  'deployment.create',
  'deployment.update',
  'deployment.delete',
  'deployment.restart',
  'endpoint.delete',
  'traffic.update',
  'model.register',
] as const;

/** The stage whose log is that of a build, and not a console. */
export const BUILD_STAGE = 'Prepare environment';

export const stageSchema = z.object({
  name: z.string(),
  status: z.enum(STAGE_STATUSES),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  /** 0 to 1, or null when it cannot be known: never an invented figure. */
  progress: z.number().min(0).max(1).nullable(),
  message: z.string(),
});

export const operationSchema = z.object({
  id: z.string(),
  kind: z.enum(OPERATION_KINDS),
  resource: z.string(),
  status: z.enum(OPERATION_STATUSES),
  stages: z.array(stageSchema),
  error: problemSchema.nullable(),
  actor: z.string(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
  /** Median and 90th percentile duration of similar finished operations; null below five of them. */
  expected_ms: z.object({ p50: z.number(), p90: z.number() }).nullable(),
});
export const operationListSchema = listSchema(operationSchema);

export type Stage = z.infer<typeof stageSchema>;
export type Operation = z.infer<typeof operationSchema>;
export type OperationKind = (typeof OPERATION_KINDS)[number];
export type OperationStatus = (typeof OPERATION_STATUSES)[number];
