import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export interface EmptyStateProps {
  title: string;
  /** What would be here and why it is not. */
  children?: ReactNode;
  /** One primary step first. */
  actions?: ReactNode;
  className?: string;
}

export function EmptyState({ title, children, actions, className }: EmptyStateProps) {
  return (
    <div className={cx('grid justify-items-center gap-1 px-6 py-10 text-center', className)}>
      <h3>{title}</h3>
      {children ? <p className="max-w-[44ch] text-muted">{children}</p> : null}
      {actions ? <div className="mt-3.5 flex flex-wrap justify-center gap-2">{actions}</div> : null}
    </div>
  );
}
