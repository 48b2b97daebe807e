'use client';

import { usePreferences } from '#components/layout/preferences.tsx';
import type { Instance } from '#lib/contracts/deployment.ts';
import { formatClockSeconds } from '#lib/format/time.ts';

/** What the gateway counts as a failure of the instance (the word before the colon of its reason). */
const FAILURES: Record<string, string> = {
  connect_failed: 'connections were refused',
  connect_timeout: 'connections timed out',
  model_timeout: 'answers took too long',
  bad_response: 'answers broke the rules of HTTP',
  upstream_closed: 'connections were closed without an answer',
};

/** Why the gateway sends an instance no requests at the moment, and when it tries again. */
export function EjectionNote({ ejection }: { ejection: NonNullable<Instance['ejection']> }) {
  const style = usePreferences();
  const kind = ejection.reason.split(':', 1)[0] ?? '';
  const workers = ejection.workers === 1 ? 'a gateway worker' : `${ejection.workers} gateway workers`;
  return (
    <span className="block max-w-80 text-xs wrap-anywhere text-warning" title={ejection.reason}>
      Left out by {workers}: {FAILURES[kind] ?? ejection.reason}. Tried again after{' '}
      {formatClockSeconds(ejection.until, style)}.
    </span>
  );
}
