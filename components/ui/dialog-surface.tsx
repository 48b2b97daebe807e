'use client';

import type { ReactNode } from 'react';
import { Dialog as AriaDialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { cx } from './class-names.ts';

const WIDTHS = { sm: 'max-w-105', md: 'max-w-140', lg: 'max-w-180', xl: 'max-w-240' };

export interface DialogSurfaceProps {
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

/** The open dialog. Its own module, because it comes only when one is asked for. */
export function DialogSurface({
  onOpenChange,
  title,
  children,
  footer,
  footerStart,
  size = 'sm',
  role = 'dialog',
  isKeyboardDismissDisabled = false,
}: DialogSurfaceProps) {
  return (
    <ModalOverlay
      isOpen
      onOpenChange={onOpenChange}
      isDismissable={!isKeyboardDismissDisabled && role === 'dialog'}
      isKeyboardDismissDisabled={isKeyboardDismissDisabled}
      className="fixed inset-0 z-50 grid items-center justify-items-center overflow-y-auto bg-scrim p-4 max-md:items-end max-md:p-0"
    >
      <Modal className={cx('w-full', WIDTHS[size])}>
        <AriaDialog
          role={role}
          className="flex max-h-[calc(100dvh-32px)] flex-col overflow-hidden rounded-xl bg-overlay shadow-dialog outline-none max-md:rounded-b-none"
        >
          <Heading slot="title" className="px-5 pt-4.5 text-lg font-semibold tracking-[-.008em]">
            {title}
          </Heading>
          <div className="min-h-0 overflow-y-auto px-5 pt-2 pb-5">{children}</div>
          {footer ? (
            <div className="flex flex-wrap items-center gap-2 border-t border-line bg-raised px-5 py-3">
              {footerStart}
              <span className="flex-1" />
              {footer}
            </div>
          ) : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
