'use client';

import { Check, Minus } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { cx } from './class-names.ts';

export interface CheckboxProps {
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  /** Some of what it stands for is selected. */
  isIndeterminate?: boolean;
  isDisabled?: boolean;
  /** Name where there are no words beside it. */
  'aria-label'?: string;
  children?: ReactNode;
  className?: string;
}

export function Checkbox({
  isSelected,
  onChange,
  isIndeterminate = false,
  isDisabled = false,
  children,
  className,
  ...naming
}: CheckboxProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // The one state of a checkbox that HTML has no attribute for.
    if (input.current) input.current.indeterminate = isIndeterminate;
  }, [isIndeterminate]);
  const filled = isSelected || isIndeterminate;
  return (
    <label
      className={cx(
        'group relative inline-flex min-h-6 cursor-pointer items-center gap-2 has-disabled:cursor-not-allowed has-disabled:text-faint',
        className,
      )}
    >
      <input
        {...naming}
        ref={input}
        type="checkbox"
        checked={isSelected}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
        className="absolute size-6 cursor-[inherit] appearance-none outline-none"
      />
      <span
        className={cx(
          'm-1 grid size-4 shrink-0 place-items-center rounded-sm border text-on-accent group-has-focus-visible:outline-2 group-has-focus-visible:outline-offset-2 group-has-focus-visible:outline-focus',
          filled ? 'border-accent-fill bg-accent-fill' : 'border-control bg-page',
        )}
      >
        {isIndeterminate ? <Minus size={12} strokeWidth={2.5} aria-hidden="true" /> : null}
        {isSelected && !isIndeterminate ? <Check size={12} strokeWidth={2.5} aria-hidden="true" /> : null}
      </span>
      {children}
    </label>
  );
}
