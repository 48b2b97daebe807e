'use client';

import { useEffect } from 'react';

/** Below the time after which the server renews a session in use. */
const RENEW_EVERY_MS = 10 * 60_000;

/** Keeps the session of a page in use from running out: server components cannot renew its cookie, this request can. */
export function SessionKeeper() {
  useEffect(() => {
    let last = Date.now();
    async function renew(): Promise<void> {
      if (document.visibilityState !== 'visible' || Date.now() - last < RENEW_EVERY_MS) return;
      last = Date.now();
      // A failure means nothing yet: whatever needs the session next tells about it.
      await fetch('/api/auth/session', { cache: 'no-store' }).catch(() => {});
    }
    const timer = setInterval(() => void renew(), 60_000);
    const onVisible = () => void renew();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, []);
  return null;
}
