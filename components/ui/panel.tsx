import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';

export interface PanelProps {
  title?: ReactNode;
  /** Beside the title: a chip, a note. */
  aside?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  children: ReactNode;
  /** Without inner padding, for tables and logs. */
  flush?: boolean;
  className?: string;
}

/** The one level of box. It may hold hairlines, never another panel. */
export function Panel({ title, aside, actions, footer, children, flush = false, className }: PanelProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={cx('min-w-0 rounded-lg border border-line bg-page', className)}
    >
      {title ? (
        <div className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
          <h2 id={id}>{title}</h2>
          {aside}
          {actions ? <div className="ms-auto flex items-center gap-2">{actions}</div> : null}
        </div>
      ) : null}
      <div className={flush ? '' : 'p-4'}>{children}</div>
      {footer ? <div className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3">{footer}</div> : null}
    </section>
  );
}

export interface SectionProps {
  title: ReactNode;
  count?: number | undefined;
  aside?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** Heading and content without a box: what most of a page is made of. */
export function Section({ title, count, aside, actions, children, className }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={cx('min-w-0', className)}>
      <div className="mb-2 flex min-h-7 flex-wrap items-center gap-2">
        <h2 id={id}>
          {title}
          {count === undefined ? null : <span className="ms-1.5 font-normal text-faint">{count}</span>}
        </h2>
        {aside}
        {actions ? <div className="ms-auto flex items-center gap-2">{actions}</div> : null}
      </div>
      {children}
    </section>
  );
}

/** Title line of a page: the one h1, a quiet line beside it, and the page's buttons. */
export function PageHead({ title, aside, actions }: { title: ReactNode; aside?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="mb-5 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <h1>{title}</h1>
      {aside ? <span className="text-muted">{aside}</span> : null}
      {actions ? <div className="ms-auto flex flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  );
}
