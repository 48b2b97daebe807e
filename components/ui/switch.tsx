'use client';

import type { ReactNode } from 'react';
import { Switch as AriaSwitch, type SwitchProps as AriaSwitchProps } from 'react-aria-components/Switch';
import { cx } from './class-names.ts';

export interface SwitchProps extends Omit<AriaSwitchProps, 'className' | 'style' | 'children'> {
  children: ReactNode;
  className?: string;
}

/** Takes effect at once. For a choice that is sent with a form, use a checkbox. */
export function Switch({ children, className, ...props }: SwitchProps) {
  return (
    <AriaSwitch
      {...props}
      className={cx(
        'group inline-flex min-h-6 cursor-pointer items-center gap-2 text-sm data-disabled:text-faint',
        className,
      )}
    >
      <span className="flex h-4.5 w-7.5 shrink-0 items-center rounded-full bg-control p-0.5 transition-colors group-data-disabled:opacity-50 group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-focus group-data-selected:bg-accent-fill">
        <span className="size-3.5 rounded-full bg-[#fff] transition-transform group-data-selected:translate-x-3 rtl:group-data-selected:-translate-x-3" />
      </span>
      {children}
    </AriaSwitch>
  );
}
