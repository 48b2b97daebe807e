import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

export interface EmptyStateProps {
  title: string;
  /** What would be here and why it is not. */
  children?: ReactNode;
  /** One primary step first. */
  actions?: ReactNode;
  /** 2 where it stands for a whole page, 3 inside a section or panel. */
  headingLevel?: 2 | 3;
  className?: string;
}

export function EmptyState({ title, children, actions, headingLevel = 3, className }: EmptyStateProps) {
  const Heading = headingLevel === 2 ? 'h2' : 'h3';
  return (
    <div className={cx('grid justify-items-center gap-1 px-6 py-10 text-center', className)}>
      <Heading className="text-sm">{title}</Heading>
      {children ? <p className="max-w-[44ch] text-muted">{children}</p> : null}
      {actions ? <div className="mt-3.5 flex flex-wrap justify-center gap-2">{actions}</div> : null}
    </div>
  );
}
