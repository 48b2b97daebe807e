import type { ProbeSpec } from '../runtime-driver.ts';

/** Consecutive results of one probe. */
export interface ProbeTrack {
  successes: number;
  failures: number;
}

export const FRESH_TRACK: ProbeTrack = { successes: 0, failures: 0 };

export function countResult(track: ProbeTrack, ok: boolean): ProbeTrack {
  return ok ? { successes: track.successes + 1, failures: 0 } : { successes: 0, failures: track.failures + 1 };
}

export type Readiness = 'probing' | 'ready' | 'unready';

/** Probes before the first success come this close together, so that a model that has just loaded is seen at once. */
const FIRST_PROBES_MS = 100;

/** Probing costs a program that loads for minutes at most this share of its time in late detection. */
const LATE_SHARE = 50;

/**
 * Readiness after a result. Before the first success the thresholds measure time and not counts, because probes come faster than the period:
 * an instance counts as not ready once `initial_delay + period × failure_threshold` have passed. A success counts at once, also during the
 * initial delay, which only says how long failures are expected.
 */
export function decideReadiness(
  current: Readiness,
  track: ProbeTrack,
  spec: ProbeSpec,
  sinceStartMs: number,
): Readiness {
  if (track.successes >= spec.successThreshold) return 'ready';
  if (current === 'ready') return track.failures >= spec.failureThreshold ? 'unready' : 'ready';
  return current === 'probing' && sinceStartMs < readyDeadlineMs(spec) ? 'probing' : 'unready';
}

/** How long after its start an instance may take to become ready. */
export function readyDeadlineMs(spec: ProbeSpec): number {
  return (spec.initialDelaySeconds + spec.periodSeconds * spec.failureThreshold) * 1000;
}

/** Time to the next readiness probe. */
export function readinessDelayMs(current: Readiness, spec: ProbeSpec, sinceStartMs: number): number {
  const periodMs = spec.periodSeconds * 1000;
  if (current === 'ready') return periodMs;
  return Math.min(periodMs, Math.max(FIRST_PROBES_MS, sinceStartMs / LATE_SHARE));
}
