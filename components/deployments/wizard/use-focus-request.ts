'use client';

import { useEffect } from 'react';
import { focusField } from './focus-field.ts';

/**
 * Puts the focus on the earliest field of a comma-separated list that the form has. Parts of the form may come a moment after the page: an
 * earlier field among them takes the focus over, until somebody uses the page.
 */
export function useFocusRequest(fields: string | undefined): void {
  useEffect(() => {
    let wanted = fields?.split(',') ?? [];
    const used = new AbortController();
    const observer = new MutationObserver(look);
    function look(): void {
      const found = wanted.findIndex((field) => focusField(field));
      if (found !== -1) wanted = wanted.slice(0, found);
      if (wanted.length === 0) stop();
    }
    function stop(): void {
      observer.disconnect();
      used.abort();
    }
    observer.observe(document.body, { childList: true, subtree: true });
    for (const use of ['pointerdown', 'keydown', 'wheel']) {
      window.addEventListener(use, stop, { capture: true, passive: true, signal: used.signal });
    }
    look();
    return stop;
  }, [fields]);
}
