import type { ComponentProps, ReactNode } from 'react';
import { cx } from './class-names.ts';

export interface TableProps {
  /** Names the table and its scrolling region. */
  label: string;
  /** First and last cells keep 16 px, for tables inside a panel. */
  inset?: boolean;
  /** Rows of 32 px instead of 40. */
  compact?: boolean;
  children: ReactNode;
  className?: string;
}

/** A semantic table that scrolls sideways by itself when it must. */
export function Table({ label, inset = false, compact = false, children, className }: TableProps) {
  return (
    // A region that scrolls has to be reachable with the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div
      role="group"
      aria-label={label}
      tabIndex={0}
      className="relative overflow-x-auto focus-visible:-outline-offset-2"
    >
      <table
        data-inset={inset || undefined}
        data-compact={compact || undefined}
        className={cx('group/table w-full border-collapse', className)}
      >
        {children}
      </table>
    </div>
  );
}

const EDGE =
  'first:ps-0 last:pe-0 group-data-inset/table:first:ps-4 group-data-inset/table:last:pe-4 px-3 border-b border-line whitespace-nowrap';

export interface CellProps {
  /** Figures stand at the end, so that points align. */
  numeric?: boolean;
}

export function HeadCell({ numeric = false, className, ...props }: ComponentProps<'th'> & CellProps) {
  return (
    <th
      scope="col"
      {...props}
      className={cx(EDGE, 'h-8 text-xs font-medium text-muted', numeric ? 'text-end' : 'text-start', className)}
    />
  );
}

export function Row({ className, selected, ...props }: ComponentProps<'tr'> & { selected?: boolean }) {
  return (
    <tr
      {...props}
      aria-selected={selected}
      className={cx('group/row transition-colors hover:bg-raised aria-selected:bg-accent-wash', className)}
    />
  );
}

const BODY = 'h-10 group-data-compact/table:h-8 text-sm font-normal';

export function Cell({ numeric = false, className, ...props }: ComponentProps<'td'> & CellProps) {
  return <td {...props} className={cx(EDGE, BODY, numeric ? 'text-end' : 'text-start', className)} />;
}

/** The cell that names its row. */
export function RowHeader({ className, ...props }: ComponentProps<'th'>) {
  return <th scope="row" {...props} className={cx(EDGE, BODY, 'text-start', className)} />;
}

export interface SortButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  direction: 'asc' | 'desc' | null;
  /** The arrow stands before the word, so that the word stays flush over figures. */
  atStart?: boolean;
}

/** Sorting button inside a head cell; set `aria-sort` on the cell. */
export function SortButton({ children, direction, atStart = false, ...props }: SortButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={cx(
        'inline-flex items-center gap-1 py-1 font-medium hover:text-text',
        direction && 'text-text',
        atStart && 'flex-row-reverse',
      )}
    >
      {children}
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" className={direction ? '' : 'invisible'}>
        <path
          d={direction === 'asc' ? 'M5 9V1M1.5 4.5 5 1l3.5 3.5' : 'M5 1v8M1.5 5.5 5 9l3.5-3.5'}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
        />
      </svg>
    </button>
  );
}
