'use client';

import type { ReactNode, RefObject } from 'react';
import { Dialog } from 'react-aria-components/Dialog';
import { Popover } from 'react-aria-components/Popover';
import { cx } from './class-names.ts';
import { POPOVER_CLASSES } from './field-classes.ts';
import type { OverlayPlacement } from './overlay-trigger.tsx';

export interface PopoverPopupProps {
  label: string;
  placement: OverlayPlacement;
  triggerRef: RefObject<HTMLElement | null>;
  onClose: () => void;
  children: ReactNode;
  className?: string | undefined;
}

/** The open popover. Its own module, because it comes only when one is asked for. */
export function PopoverPopup({ label, placement, triggerRef, onClose, children, className }: PopoverPopupProps) {
  return (
    <Popover
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      triggerRef={triggerRef}
      placement={placement}
      offset={4}
      className={cx(POPOVER_CLASSES, 'max-w-[calc(100vw-16px)]')}
    >
      <Dialog aria-label={label} className={cx('p-2 outline-none', className)}>
        {children}
      </Dialog>
    </Popover>
  );
}
