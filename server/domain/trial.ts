import type { Problem } from '#lib/contracts/problem.ts';
import type { TRIAL_STATES } from '#lib/contracts/check.ts';
import type { DeploymentSpec } from './deployment.ts';

/** One load of a model in its real environment, with one request scored. */
export interface TrialRecord {
  id: string;
  state: (typeof TRIAL_STATES)[number];
  step: string;
  progress: number | null;
  loadSeconds: number | null;
  scoreMs: number | null;
  peakMemoryMib: number | null;
  response: unknown;
  logTail: string[];
  warnings: string[];
  error: Problem | null;
  createdAt: number;
  finishedAt: number | null;
}

/** Port to what tries models before they are deployed. */
export interface Trials {
  /** Begins; the answer is the trial as it begins. @param sample body of one request; the model's own when undefined */
  begin(spec: DeploymentSpec, sample: unknown): TrialRecord;
  find(id: string): TrialRecord | null;
  cancel(id: string): void;
}

/** One run of what ends by itself. */
export interface OnceRun {
  /** Written to its standard input. */
  input: string;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface ProgramRun extends OnceRun {
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
}

export interface ProgramEnd {
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

/** Port to programs that are run to their end; nothing of their environment is inherited but the search path. */
export type RunProgram = (run: ProgramRun) => Promise<ProgramEnd>;
