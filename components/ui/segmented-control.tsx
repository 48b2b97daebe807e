'use client';

import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';

export interface SegmentedControlProps<Id extends string> {
  label: string;
  options: readonly { id: Id; label: ReactNode; icon?: ReactNode; count?: number }[];
  value: Id;
  onChange: (id: Id) => void;
  size?: 'sm' | 'md';
}

/** One of a few views of the same thing: native radio buttons, so arrows move between them. */
export function SegmentedControl<Id extends string>({
  label,
  options,
  value,
  onChange,
  size = 'sm',
}: SegmentedControlProps<Id>) {
  const name = useId();
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className={cx(
        'inline-flex max-w-full justify-self-start overflow-x-auto rounded-md border border-line-strong bg-page max-md:h-9',
        size === 'sm' ? 'h-7' : 'h-8',
      )}
    >
      {options.map((option) => (
        <label
          key={option.id}
          className="relative inline-flex min-w-7 shrink-0 cursor-pointer items-center justify-center gap-1.5 px-2.5 text-xs font-medium whitespace-nowrap text-muted transition-colors not-first:border-s not-first:border-line first:rounded-s-[5px] last:rounded-e-[5px] hover:bg-raised hover:text-text has-checked:bg-accent-wash has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-focus"
        >
          <input
            type="radio"
            name={name}
            value={option.id}
            checked={option.id === value}
            onChange={() => onChange(option.id)}
            className="absolute inset-0 cursor-pointer appearance-none outline-none"
          />
          {option.icon}
          {option.label}
          {option.count === undefined ? null : <span className="font-normal">{option.count}</span>}
        </label>
      ))}
    </div>
  );
}
