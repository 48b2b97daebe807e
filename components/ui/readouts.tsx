import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

/** A figure and its unit, set so that the unit never moves the row. */
export function Figure({ value, unit }: { value: ReactNode; unit?: string | undefined }) {
  return (
    <>
      {value}
      {unit ? <span className="unit">{unit}</span> : null}
    </>
  );
}

export interface Readout {
  label: string;
  value: ReactNode;
  unit?: string | undefined;
  /** One line of context, never two. */
  detail?: ReactNode;
  /** Beside the figure: a sparkline. */
  chart?: ReactNode;
}

/** Figures in one strip, parted by hairlines; two columns below 768 px. */
export function Readouts({ items, className }: { items: readonly Readout[]; className?: string }) {
  return (
    <dl
      className={cx(
        'grid auto-cols-fr border-y border-line max-md:grid-cols-2 max-md:border-b-0 md:grid-flow-col',
        className,
      )}
    >
      {items.map((item) => (
        <div
          key={item.label}
          className="flex min-w-0 flex-col gap-0.5 border-line px-5 pt-3 pb-3.5 not-first:border-s first:ps-0 max-md:border-b max-md:px-3 max-md:pt-2.5 max-md:pb-3 max-md:odd:border-s-0 max-md:odd:ps-0 max-md:last:odd:col-span-2"
        >
          <dt className="text-xs text-muted">{item.label}</dt>
          <dd className="flex items-end justify-between gap-3 text-2xl font-medium tracking-[-.02em] whitespace-nowrap">
            <span className="[&_.unit]:text-sm">
              <Figure value={item.value} unit={item.unit} />
            </span>
            {item.chart ? <span className="max-md:hidden">{item.chart}</span> : null}
          </dd>
          {item.detail === undefined ? null : <dd className="truncate text-xs text-muted">{item.detail}</dd>}
        </div>
      ))}
    </dl>
  );
}

export interface HeaderReadout extends Pick<Readout, 'label' | 'value' | 'unit'> {
  /** Gets a row of its own on a phone. */
  isWide?: boolean;
}

/** The small strip of a page's header band. */
export function HeaderReadouts({ items }: { items: readonly HeaderReadout[] }) {
  return (
    <dl className="flex max-md:grid max-md:grid-cols-3 max-md:gap-x-3 max-md:gap-y-2.5">
      {items.map((item) => (
        <div
          key={item.label}
          className={cx(
            'border-s border-line px-5 last:pe-0 max-md:border-s-0 max-md:px-0',
            item.isWide && 'max-md:col-span-full',
          )}
        >
          <dt className="text-2xs leading-3.5 whitespace-nowrap text-faint">{item.label}</dt>
          <dd className="text-[15px] leading-5 font-medium tracking-[-.01em] whitespace-nowrap max-md:wrap-anywhere max-md:whitespace-normal [&_.unit]:text-xs">
            <Figure value={item.value} unit={item.unit} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Facts about an object: term and value. */
export function Facts({ items }: { items: readonly { term: string; value: ReactNode }[] }) {
  return (
    <dl className="grid grid-cols-[116px_minmax(0,1fr)] gap-x-3 gap-y-2 max-md:grid-cols-[104px_minmax(0,1fr)]">
      {items.map((item) => (
        <div key={item.term} className="contents">
          <dt className="text-muted">{item.term}</dt>
          <dd className="min-w-0 wrap-anywhere">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
