'use client';

import { unexpectedProblem } from '#lib/queries/api-problem.ts';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';

/** A page that could not be shown, inside the frame that still works. `digest` finds the fault in the studio's log. */
export function PageFault({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const detail = 'The fault is in the page itself; what runs is not affected. Try again, or go back to the overview.';
  const problem = unexpectedProblem('This page could not be shown', detail);
  return (
    <div className="grid max-w-180 gap-4">
      <h1>This page could not be shown</h1>
      <ErrorState
        problem={error.digest ? { ...problem, request_id: error.digest } : problem}
        title="The page met a fault"
        onRetry={reset}
        actions={
          <ButtonLink href="/" size="sm" variant="quiet">
            Overview
          </ButtonLink>
        }
      />
    </div>
  );
}
