'use client';

import { Check, CircleDashed, Minus, RefreshCw, X } from 'lucide-react';
import { useNow } from '#components/layout/age.tsx';
import { ProgressBar } from '#components/ui/progress-bar.tsx';
import type { Operation, Stage } from '#lib/contracts/operation.ts';

const LOOKS: Record<Stage['status'], { icon: typeof Check; colour: string; word: string }> = {
  pending: { icon: CircleDashed, colour: 'text-faint', word: 'waiting' },
  running: { icon: RefreshCw, colour: 'text-accent', word: 'running' },
  succeeded: { icon: Check, colour: 'text-success', word: 'done' },
  failed: { icon: X, colour: 'text-danger', word: 'failed' },
  skipped: { icon: Minus, colour: 'text-faint', word: 'skipped' },
};

export interface StageTimelineProps {
  operation: Operation;
  chosen: string | null;
  onChoose: (name: string) => void;
}

/** Stages from top to bottom: mark and word, what each says of itself, how long it took. */
export function StageTimeline({ operation, chosen, onChoose }: StageTimelineProps) {
  return (
    <ol aria-label="Stages" className="grid content-start">
      {operation.stages.map((stage) => (
        <StageRow
          key={stage.name}
          stage={stage}
          isChosen={stage.name === chosen}
          onChoose={() => onChoose(stage.name)}
        />
      ))}
    </ol>
  );
}

function StageRow({ stage, isChosen, onChoose }: { stage: Stage; isChosen: boolean; onChoose: () => void }) {
  const { icon: Icon, colour, word } = LOOKS[stage.status];
  return (
    <li className="border-b border-line first:border-t">
      <button
        type="button"
        aria-current={isChosen ? 'step' : undefined}
        onClick={onChoose}
        className={`grid w-full grid-cols-[20px_minmax(0,1fr)_auto] items-start gap-x-2 border-s-2 px-3 py-2.5 text-start hover:bg-raised ${isChosen ? 'border-accent bg-accent-wash' : 'border-transparent'}`}
      >
        <Icon size={16} className={`mt-0.5 ${colour}`} aria-hidden="true" />
        <span className="min-w-0">
          <span className={stage.status === 'pending' ? 'text-muted' : 'font-medium'}>{stage.name}</span>
          <span className="sr-only">, {word}</span>
          {stage.message === '' ? null : (
            <span className="block text-xs wrap-anywhere text-muted">{stage.message}</span>
          )}
          {stage.progress === null ? null : (
            <ProgressBar label={stage.name} labelHidden value={stage.progress} className="mt-1.5" />
          )}
        </span>
        <span className="text-xs text-muted">
          <StageDuration stage={stage} />
        </span>
      </button>
    </li>
  );
}

function StageDuration({ stage }: { stage: Stage }) {
  const now = useNow();
  if (stage.status === 'skipped') return 'skipped';
  if (stage.started_at === null) return null;
  const end = stage.finished_at === null ? now : Date.parse(stage.finished_at);
  const ms = Math.max(0, end - Date.parse(stage.started_at));
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
