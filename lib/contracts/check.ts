import { z } from 'zod';
import { deploymentWriteSchema } from './deployment.ts';
import { environmentDefinitionShape } from './environment.ts';
import { problemSchema } from './problem.ts';

/** Body of `POST /environments/check`: can these packages be had together? Nothing is installed. */
export const environmentCheckSchema = z.strictObject({
  conda_file: environmentDefinitionShape.conda_file,
  pip_requirements: environmentDefinitionShape.pip_requirements,
});

export const environmentCheckResultSchema = z.object({
  ok: z.boolean(),
  /** Of the interpreter that would be taken. */
  python_version: z.string().nullable(),
  /** What the solver chose, by name. */
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  warnings: z.array(z.string()),
  error: problemSchema.nullable(),
});

/** Body of `POST /scoring-scripts/check`: the script is compiled, never run. */
export const scriptCheckSchema = z.strictObject({
  /** `upload:<id>`, or `files:<hash>` of a deployment. */
  code: z.string().min(1).max(1024),
  scoring_script: z.string().min(1).max(1024),
});

export const scriptCheckResultSchema = z.object({
  ok: z.boolean(),
  problems: z.array(
    z.object({
      /** From 1; null where the whole file is meant. */
      line: z.number().int().nullable(),
      column: z.number().int().nullable(),
      message: z.string(),
    }),
  ),
});

/** Body of `POST /trials`: a deployment's description, and what to ask it. */
export const trialWriteSchema = z.strictObject({
  deployment: deploymentWriteSchema,
  /** Body of one request to score; when left out, the sample of the model or of the script's input schema, and without one nothing is scored. */
  sample: z.unknown().optional(),
});

export const TRIAL_STATES = ['preparing', 'running', 'succeeded', 'failed', 'canceled'] as const;

/** One load of a model in its real environment, with one request scored, before anything is deployed. Forgotten after an hour. */
export const trialSchema = z.object({
  id: z.string(),
  state: z.enum(TRIAL_STATES),
  /** What is being done now, in words. */
  step: z.string(),
  /** 0 to 1, or null when it cannot be known. */
  progress: z.number().min(0).max(1).nullable(),
  load_seconds: z.number().nullable(),
  score_ms: z.number().nullable(),
  peak_memory_mib: z.number().nullable(),
  /** What the model answered. */
  response: z.unknown().nullable(),
  /** Last lines that the model wrote. */
  log_tail: z.array(z.string()),
  warnings: z.array(z.string()),
  error: problemSchema.nullable(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
});

export type EnvironmentCheckResult = z.infer<typeof environmentCheckResultSchema>;
export type ScriptCheckResult = z.infer<typeof scriptCheckResultSchema>;
export type Trial = z.infer<typeof trialSchema>;
