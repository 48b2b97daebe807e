'use client';

import type { ReactNode } from 'react';
import type { Problem } from '#lib/contracts/problem.ts';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';
import { Note } from './note.tsx';

export interface ErrorStateProps {
  problem: Problem;
  /** What failed here, as a sentence without its full stop; the problem's own title then says why. */
  title?: string;
  onRetry?: () => void;
  isRetrying?: boolean;
  actions?: ReactNode;
  className?: string;
}

/** What happened, because of what, what to do; always with the id that finds it in the logs. */
export function ErrorState({ problem, title, onRetry, isRetrying = false, actions, className }: ErrorStateProps) {
  const details = JSON.stringify(problem, null, 2);
  return (
    <Note
      tone="danger"
      role="alert"
      {...(className ? { className } : {})}
      actions={
        <>
          {onRetry ? (
            <Button size="sm" onPress={onRetry} busy={isRetrying}>
              Try again
            </Button>
          ) : null}
          {actions}
          <CopyButton text={details} variant="quiet" size="sm">
            Copy details
          </CopyButton>
        </>
      }
    >
      <b className="font-medium">{title ?? problem.title}.</b> {title ? `${problem.title}. ` : null}
      <span className="whitespace-pre-line">{problem.detail}</span>
      {problem.errors && problem.errors.length > 0 ? (
        <ul className="mt-1 list-disc ps-4 text-muted">
          {problem.errors.map((error) => (
            <li key={`${error.path} ${error.message}`}>
              <span className="font-mono text-xs">{error.path}</span> {error.message}
            </li>
          ))}
        </ul>
      ) : null}
      {problem.request_id ? <p className="mt-1 font-mono text-xs text-muted">{problem.request_id}</p> : null}
    </Note>
  );
}
