import type { Trial } from '#lib/contracts/check.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { TrialRecord } from './trial.ts';

export function presentTrial(trial: TrialRecord): Trial {
  return {
    id: trial.id,
    state: trial.state,
    step: trial.step,
    progress: trial.progress,
    load_seconds: trial.loadSeconds,
    score_ms: trial.scoreMs,
    peak_memory_mib: trial.peakMemoryMib,
    response: trial.response ?? null,
    log_tail: trial.logTail,
    warnings: trial.warnings,
    error: trial.error,
    created_at: formatInstant(trial.createdAt),
    finished_at: trial.finishedAt === null ? null : formatInstant(trial.finishedAt),
  };
}
