import type { z } from 'zod';
import type { probeSettingsSchema } from '#lib/contracts/deployment.ts';
import { LIVENESS_DEFAULTS, READINESS_DEFAULTS, readinessAttempts } from '#lib/contracts/deployment-defaults.ts';
import type { ProbeSettings } from './deployment.ts';

type Written = z.infer<typeof probeSettingsSchema>;

export function fillLivenessProbe(written: Written = {}): ProbeSettings {
  return fill(written, LIVENESS_DEFAULTS);
}

/** Attempts that the caller does not set follow from the period, so that any period gives the same patience. */
export function fillReadinessProbe(written: Written = {}): ProbeSettings {
  const attempts = readinessAttempts(written.period ?? READINESS_DEFAULTS.period);
  return fill(written, { ...READINESS_DEFAULTS, failure_threshold: attempts });
}

function fill(written: Written, defaults: Readonly<Record<keyof Written, number>>): ProbeSettings {
  return {
    initialDelaySeconds: written.initial_delay ?? defaults.initial_delay,
    periodSeconds: written.period ?? defaults.period,
    timeoutSeconds: written.timeout ?? defaults.timeout,
    successThreshold: written.success_threshold ?? defaults.success_threshold,
    failureThreshold: written.failure_threshold ?? defaults.failure_threshold,
  };
}
