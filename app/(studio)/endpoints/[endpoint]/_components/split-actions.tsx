'use client';

import { ArrowLeft, ArrowRight } from 'lucide-react';
import type { SplitDraft } from '#components/traffic/use-split-draft.ts';
import { Button } from '#components/ui/button.tsx';
import { KeyHint } from '#components/ui/key-hint.tsx';

export interface SplitActionsProps {
  draft: SplitDraft;
  busy: boolean;
  valid: boolean;
  revision: number;
  /** There is a slider for the arrow keys. */
  hasKeys: boolean;
  onApply: () => void;
  onReset: () => void;
  onPause: () => void;
}

export function SplitActions({ draft, busy, valid, revision, hasKeys, onApply, onReset, onPause }: SplitActionsProps) {
  // One deployment alone has all or nothing: there is something to apply only once it was paused.
  const canDraft = hasKeys || draft.isDraft;
  const isPaused = draft.applied.every(({ percent }) => percent === 0);
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2 max-md:gap-1 max-md:[&_button]:px-2.5">
      {canDraft ? (
        <>
          <Button
            variant="primary"
            busy={busy}
            isDisabled={!draft.isDraft || !valid}
            keys={['Ctrl', 'Enter']}
            onPress={onApply}
          >
            Apply split
          </Button>
          <Button variant="quiet" isDisabled={!draft.isDraft || busy} onPress={onReset}>
            Reset to r{revision}
          </Button>
        </>
      ) : null}
      {isPaused ? null : (
        <Button variant={canDraft ? 'quiet' : 'secondary'} isDisabled={busy} onPress={onPause}>
          Pause all traffic…
        </Button>
      )}
      {valid ? null : (
        <span className="flex items-center gap-2 text-warning" role="status">
          The shares sum to {draft.sum}, not 100.
          <Button size="sm" onPress={() => draft.normalise()}>
            Bring to 100
          </Button>
        </span>
      )}
      {hasKeys ? (
        <span className="ms-auto flex items-center gap-1.5 text-xs text-muted max-md:hidden" aria-hidden="true">
          <ArrowLeft size={12} />
          <ArrowRight size={12} /> by 1, with <KeyHint keys={['Shift']} /> by 10
        </span>
      ) : null}
    </div>
  );
}
