'use client';

import { lazy, Suspense } from 'react';
import type { DialogSurfaceProps } from './dialog-surface.tsx';

const DialogSurface = lazy(() => import('./dialog-surface.tsx').then((module) => ({ default: module.DialogSurface })));

export interface DialogProps extends DialogSurfaceProps {
  isOpen: boolean;
}

/** A question or a form over the page. Closed, it is nothing at all. */
export function Dialog({ isOpen, ...props }: DialogProps) {
  if (!isOpen) return null;
  return (
    <Suspense fallback={null}>
      <DialogSurface {...props} />
    </Suspense>
  );
}
