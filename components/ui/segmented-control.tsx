'use client';

import type { ReactNode } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup';
import { cx } from './class-names.ts';

export interface SegmentedControlProps<Id extends string> {
  label: string;
  options: readonly { id: Id; label: ReactNode; icon?: ReactNode; count?: number }[];
  value: Id;
  onChange: (id: Id) => void;
  size?: 'sm' | 'md';
}

/** One of a few views of the same thing. */
export function SegmentedControl<Id extends string>({
  label,
  options,
  value,
  onChange,
  size = 'sm',
}: SegmentedControlProps<Id>) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const [next] = keys;
        if (next !== undefined) onChange(next as Id);
      }}
      className={cx(
        'inline-flex max-w-full overflow-x-auto rounded-md border border-line-strong bg-page max-md:h-9',
        size === 'sm' ? 'h-7' : 'h-8',
      )}
    >
      {options.map((option) => (
        <ToggleButton
          key={option.id}
          id={option.id}
          className="inline-flex min-w-7 shrink-0 items-center justify-center gap-1.5 px-2.5 text-xs font-medium whitespace-nowrap text-muted transition-colors not-first:border-s not-first:border-line first:rounded-s-[5px] last:rounded-e-[5px] data-focus-visible:-outline-offset-2 data-hovered:bg-raised data-hovered:text-text data-selected:bg-accent-wash data-selected:text-accent"
        >
          {option.icon}
          {option.label}
          {option.count === undefined ? null : <span className="font-normal">{option.count}</span>}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
