'use client';

import { lazy, Suspense } from 'react';
import type { ConfirmDialogSurfaceProps } from './confirm-dialog-surface.tsx';

const ConfirmDialogSurface = lazy(() =>
  import('./confirm-dialog-surface.tsx').then((module) => ({ default: module.ConfirmDialogSurface })),
);

export interface ConfirmDialogProps extends ConfirmDialogSurfaceProps {
  isOpen: boolean;
}

/** A question before something that cannot be taken back. Its text field and its surface come when it is asked. */
export function ConfirmDialog({ isOpen, ...props }: ConfirmDialogProps) {
  if (!isOpen) return null;
  return (
    <Suspense fallback={null}>
      <ConfirmDialogSurface {...props} />
    </Suspense>
  );
}
