import type { ProbeSettings } from '#server/domain/deployment.ts';

/** How long after its start an instance may take to become ready, as its readiness probe allows. */
export function readyDeadlineSeconds(probe: ProbeSettings): number {
  return probe.initialDelaySeconds + probe.periodSeconds * probe.failureThreshold;
}
