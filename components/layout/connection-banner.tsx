'use client';

import { useSyncExternalStore } from 'react';
import { formatClockSeconds } from '#lib/format/time.ts';
import { StaleBanner } from '#components/ui/stale-banner.tsx';
import { useLiveState } from './live-updates.tsx';
import { useTimeStyle } from './preferences.tsx';

/** Says when what the page shows may be old. */
export function ConnectionBanner() {
  const { status, since } = useLiveState();
  const style = useTimeStyle();
  const online = useSyncExternalStore(
    subscribeToOnline,
    () => navigator.onLine,
    () => true,
  );
  if (online && status !== 'stale') return null;
  return (
    <div className="mb-4">
      <StaleBanner
        since={since === null ? 'when the page was opened' : formatClockSeconds(since, style)}
        offline={!online}
      />
    </div>
  );
}

function subscribeToOnline(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}
