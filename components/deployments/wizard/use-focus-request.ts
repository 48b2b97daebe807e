'use client';

import { useEffect } from 'react';
import { focusField } from './focus-field.ts';

/** Puts the focus on the first field of a comma-separated list that the form has, once. Parts of the form may come a moment after the page. */
export function useFocusRequest(fields: string | undefined): void {
  useEffect(() => {
    const wanted = fields?.split(',') ?? [];
    if (wanted.length === 0 || wanted.some(focusField)) return;
    const observer = new MutationObserver(() => {
      if (wanted.some(focusField)) observer.disconnect();
    });
    observer.observe(document.body, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [fields]);
}
