import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { CopyButton } from './copy-button.tsx';

export interface CodeBlockProps {
  /** What the copy button copies, and what is shown unless `children` says it with colours. */
  code: string;
  label: string;
  children?: ReactNode;
  wrap?: boolean;
  maxHeight?: 'none' | 'md' | 'lg';
  className?: string;
}

const MAX_HEIGHTS = { none: '', md: 'max-h-80', lg: 'max-h-140' };

export function CodeBlock({ code, label, children, wrap = false, maxHeight = 'none', className }: CodeBlockProps) {
  return (
    <div className={cx('relative min-w-0', className)}>
      {/* A region that scrolls has to be reachable with the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre
        role="group"
        aria-label={label}
        tabIndex={0}
        className={cx(
          'overflow-auto rounded-md border border-line bg-raised px-3 py-2.5 pe-10 font-mono text-xs leading-5',
          wrap ? 'whitespace-pre-wrap wrap-anywhere' : 'whitespace-pre',
          MAX_HEIGHTS[maxHeight],
        )}
      >
        <code>{children ?? code}</code>
      </pre>
      <span className="absolute end-1 top-1 rounded-md bg-raised">
        <CopyButton text={code} label={`Copy ${label}`} />
      </span>
    </div>
  );
}
