import type { z } from 'zod';
import type { probeSettingsSchema } from '#lib/contracts/deployment.ts';
import type { ProbeSettings } from './deployment.ts';

/** How long a start may take in all when the caller says nothing: what the YAML's own defaults (30 attempts every 10 s) add up to. */
const PATIENCE_SECONDS = 300;

type Written = z.infer<typeof probeSettingsSchema> | undefined;

/** The YAML's documented defaults. */
export function fillLivenessProbe(written: Written): ProbeSettings {
  return {
    initialDelaySeconds: written?.initial_delay ?? 10,
    periodSeconds: written?.period ?? 10,
    timeoutSeconds: written?.timeout ?? 2,
    successThreshold: written?.success_threshold ?? 1,
    failureThreshold: written?.failure_threshold ?? 30,
  };
}

/**
 * Readiness is asked at once and every second, because that is what decides how soon a deployment answers; attempts add up to the same
 * patience as in the YAML unless the caller sets them.
 */
export function fillReadinessProbe(written: Written): ProbeSettings {
  const periodSeconds = written?.period ?? 1;
  return {
    initialDelaySeconds: written?.initial_delay ?? 0,
    periodSeconds,
    timeoutSeconds: written?.timeout ?? 2,
    successThreshold: written?.success_threshold ?? 1,
    failureThreshold: written?.failure_threshold ?? Math.max(1, Math.ceil(PATIENCE_SECONDS / periodSeconds)),
  };
}
