'use client';

import type { ReactNode } from 'react';
import { ProgressBar as AriaProgressBar } from 'react-aria-components/ProgressBar';
import { cx } from './class-names.ts';

export interface ProgressBarProps {
  label: string;
  /** 0 to 1, or null when the share cannot be known. */
  value: number | null;
  /** At the end of the line above: "412 MB of 2.1 GB". */
  detail?: ReactNode;
  labelHidden?: boolean;
  className?: string;
}

export function ProgressBar({ label, value, detail, labelHidden = false, className }: ProgressBarProps) {
  return (
    <AriaProgressBar
      aria-label={label}
      value={(value ?? 0) * 100}
      isIndeterminate={value === null}
      className={cx('grid gap-1.5', className)}
    >
      {labelHidden && !detail ? null : (
        <span className="flex justify-between gap-3 text-xs" aria-hidden="true">
          <span className="truncate">{labelHidden ? '' : label}</span>
          <span className="text-muted">{detail}</span>
        </span>
      )}
      <span className="h-1 overflow-hidden rounded-xs bg-fill">
        <span
          className={cx('block h-full bg-accent', value === null && 'w-full animate-propagating')}
          style={value === null ? undefined : { width: `${value * 100}%` }}
        />
      </span>
    </AriaProgressBar>
  );
}
