'use client';

import { useCallback, useState } from 'react';

/** Width of an element in whole pixels, followed as it changes; 0 before it is on the page. */
export function useElementWidth(): { ref: (element: HTMLElement | null) => (() => void) | undefined; width: number } {
  const [width, setWidth] = useState(0);
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

/** How far below the page a panel is made ready. */
const MARGIN = '240px';

/** Whether an element is in view or about to be. Panels that are not draw and ask for nothing. */
export function useInView(): { ref: (element: HTMLElement | null) => (() => void) | undefined; inView: boolean } {
  const [inView, setInView] = useState(false);
  const ref = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const observer = new IntersectionObserver(([entry]) => setInView(entry?.isIntersecting ?? false), {
      rootMargin: MARGIN,
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, inView };
}
