'use client';

import { lazy, type ReactNode, Suspense } from 'react';

const DialogSurface = lazy(() => import('./dialog-surface.tsx').then((module) => ({ default: module.DialogSurface })));

export interface DialogProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: ReactNode;
  children: ReactNode;
  /** Buttons; the safe one comes first and takes the focus. */
  footer?: ReactNode;
  /** At the start of the footer: "Copy as curl". */
  footerStart?: ReactNode;
  size?: 'sm' | 'md' | 'lg' | 'xl';
  /** `alertdialog` for questions that stop work. */
  role?: 'dialog' | 'alertdialog';
  /** Escape and the backdrop do not close it: something would be lost. */
  isKeyboardDismissDisabled?: boolean;
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
