'use client';

import type { ReactElement, ReactNode } from 'react';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Popover as AriaPopover } from 'react-aria-components/Popover';
import { cx } from './class-names.ts';
import { POPOVER_CLASSES } from './field-classes.ts';

export interface PopoverProps {
  label: string;
  /** The button that opens it. */
  trigger: ReactElement;
  children: ReactNode;
  placement?: 'bottom start' | 'bottom end' | 'top start' | 'top end';
  className?: string;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

export function Popover({ label, trigger, children, placement = 'bottom end', className, ...state }: PopoverProps) {
  return (
    <DialogTrigger {...state}>
      {trigger}
      <AriaPopover placement={placement} offset={4} className={cx(POPOVER_CLASSES, 'max-w-[calc(100vw-16px)]')}>
        <Dialog aria-label={label} className={cx('p-2 outline-none', className)}>
          {children}
        </Dialog>
      </AriaPopover>
    </DialogTrigger>
  );
}
