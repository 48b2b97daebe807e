'use client';

import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export interface SwitchProps {
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
  children: ReactNode;
  className?: string;
}

/** Takes effect at once. For a choice that is sent with a form, use a checkbox. */
export function Switch({ isSelected, onChange, isDisabled = false, children, className }: SwitchProps) {
  return (
    <label
      className={cx(
        'group relative inline-flex min-h-6 cursor-pointer items-center gap-2 text-sm has-disabled:cursor-not-allowed has-disabled:text-faint',
        className,
      )}
    >
      <input
        type="checkbox"
        role="switch"
        aria-checked={isSelected}
        checked={isSelected}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
        className="absolute size-6 cursor-[inherit] appearance-none outline-none"
      />
      <span className="flex h-4.5 w-7.5 shrink-0 items-center rounded-full bg-control p-0.5 transition-colors group-has-checked:bg-accent-fill group-has-disabled:opacity-50 group-has-focus-visible:outline-2 group-has-focus-visible:outline-offset-2 group-has-focus-visible:outline-focus">
        <span className="size-3.5 rounded-full bg-[#fff] transition-transform group-has-checked:translate-x-3 rtl:group-has-checked:-translate-x-3" />
      </span>
      {children}
    </label>
  );
}
