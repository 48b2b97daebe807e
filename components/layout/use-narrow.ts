'use client';

import { useSyncExternalStore } from 'react';

const NARROW = '(width < 768px)';

/** Whether the page is as narrow as a phone, for views that change their structure, not just their style. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(NARROW).matches,
    () => false,
  );
}
