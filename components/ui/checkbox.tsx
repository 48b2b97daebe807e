'use client';

import { Check, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Checkbox as AriaCheckbox, type CheckboxProps as AriaCheckboxProps } from 'react-aria-components/Checkbox';
import { cx } from './class-names.ts';

export interface CheckboxProps extends Omit<AriaCheckboxProps, 'className' | 'style' | 'children'> {
  children?: ReactNode;
  className?: string;
}

export function Checkbox({ children, className, ...props }: CheckboxProps) {
  return (
    <AriaCheckbox
      {...props}
      className={cx('group inline-flex min-h-6 cursor-pointer items-center gap-2 data-disabled:text-faint', className)}
    >
      {({ isSelected, isIndeterminate }) => (
        <>
          <span className="m-1 grid size-4 shrink-0 place-items-center rounded-sm border border-control bg-page text-on-accent group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-focus group-data-indeterminate:border-accent-fill group-data-indeterminate:bg-accent-fill group-data-selected:border-accent-fill group-data-selected:bg-accent-fill">
            {isIndeterminate ? <Minus size={12} strokeWidth={2.5} aria-hidden="true" /> : null}
            {isSelected && !isIndeterminate ? <Check size={12} strokeWidth={2.5} aria-hidden="true" /> : null}
          </span>
          {children}
        </>
      )}
    </AriaCheckbox>
  );
}
