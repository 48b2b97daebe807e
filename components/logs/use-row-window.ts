'use client';

import { type RefObject, useEffect, useState } from 'react';
import { ROW_HEIGHT_PX } from './log-row.tsx';

/** Rows drawn beyond both edges, so that a wheel step never shows an empty one. */
const OVERSCAN_ROWS = 20;

export interface RowWindow {
  first: number;
  /** One past the last. */
  end: number;
}

/** Which rows of a scroller with rows of one height have to be drawn. */
export function visibleRows(scrollTop: number, height: number, count: number): RowWindow {
  const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT_PX) - OVERSCAN_ROWS);
  const end = Math.min(count, Math.ceil((scrollTop + height) / ROW_HEIGHT_PX) + OVERSCAN_ROWS);
  return { first: Math.min(first, Math.max(0, end)), end };
}

/** Follows the scroll position and size of a scroller; renders again only when other rows come into view. */
export function useRowWindow(scroller: RefObject<HTMLElement | null>, count: number): RowWindow {
  const [view, setView] = useState({ top: 0, height: 400 });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const read = (): void =>
      setView((current) => {
        const top = element.scrollTop;
        const height = element.clientHeight;
        const moved = Math.abs(top - current.top) >= (OVERSCAN_ROWS / 2) * ROW_HEIGHT_PX;
        return moved || height !== current.height ? { top, height } : current;
      });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener('scroll', read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', read);
    };
  }, [scroller]);
  return visibleRows(view.top, view.height, count);
}
