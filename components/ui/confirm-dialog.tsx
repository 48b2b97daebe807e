'use client';

import { lazy, type ReactNode, Suspense } from 'react';
import type { Problem } from '#lib/contracts/problem.ts';

const ConfirmDialogSurface = lazy(() =>
  import('./confirm-dialog-surface.tsx').then((module) => ({ default: module.ConfirmDialogSurface })),
);

export interface ConfirmDialogProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  /** Consequences, computed from live data. */
  children: ReactNode;
  /** Verb and object: "Delete endpoint". */
  confirmLabel: string;
  /** Must be typed before the button works. */
  typedName?: string;
  isDangerous?: boolean;
  /** Resolves to null when done (the dialog closes) or to the problem, which is shown. */
  onConfirm: () => Promise<Problem | null>;
  footerStart?: ReactNode;
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
