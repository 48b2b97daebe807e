'use client';

import { useQuery } from '@tanstack/react-query';
import { Activity } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Operation } from '#lib/contracts/operation.ts';
import { formatElapsed } from '#lib/format/duration.ts';
import { describeOperation } from '#lib/format/operation.ts';
import { runningOperationsQuery } from '#lib/queries/operations.ts';
import { Pressable } from '#components/ui/button.tsx';
import { Link } from '#components/ui/link.tsx';
import { Popover } from '#components/ui/popover.tsx';
import { StageBar } from '#components/ui/stage-bar.tsx';

/** What runs right now, in the top bar: the newest by name, all of them on press. */
export function RunningOperations() {
  const { data: operations = [] } = useQuery(runningOperationsQuery());
  const newest = operations[0];
  const words = newest
    ? `Running operations: ${operations.length}. ${describeOperation(newest).object}, ${currentStage(newest)}`
    : 'Running operations: none';
  return (
    <Popover
      label="Running operations"
      className="w-80"
      trigger={
        <Pressable
          aria-label={words}
          className="flex h-7 shrink-0 items-center gap-2 rounded-md px-2.5 text-xs text-muted transition-colors hover:bg-raised max-md:size-9 max-md:justify-center max-md:px-0"
        >
          <Activity size={16} aria-hidden="true" className={newest ? 'text-accent' : undefined} />
          {newest ? (
            <span className="flex items-center gap-2 max-md:hidden" aria-hidden="true">
              <span className="max-w-40 truncate">{describeOperation(newest).object}</span>
              {operations.length > 1 ? <span className="text-faint">+{operations.length - 1}</span> : null}
              <StageBar stages={newest.stages} className="w-18" />
            </span>
          ) : null}
        </Pressable>
      }
    >
      {(close) => <OperationsByAge operations={operations} onNavigate={close} />}
    </Popover>
  );
}

function OperationsByAge({ operations, onNavigate }: { operations: readonly Operation[]; onNavigate: () => void }) {
  if (operations.length === 0) {
    return (
      <p className="p-2 text-muted">Nothing is running. Deploys, restarts and deletes show here while they work.</p>
    );
  }
  return (
    <ul>
      {operations.map((operation) => (
        <li key={operation.id} className="grid gap-1.5 border-b border-line p-2 last:border-b-0">
          <span className="flex items-baseline justify-between gap-3">
            <Link look="object" href={describeOperation(operation).href} onClick={onNavigate}>
              {describeOperation(operation).object}
            </Link>
            <Elapsed since={operation.created_at} />
          </span>
          <StageBar stages={operation.stages} />
          <span className="text-xs text-muted">
            {describeOperation(operation).verb}, {currentStage(operation)}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The stage under way and its place: "Start instance, 3 of 6". */
export function currentStage(operation: Pick<Operation, 'stages'>): string {
  const index = operation.stages.findIndex((stage) => stage.status === 'running' || stage.status === 'pending');
  const stage = operation.stages[index];
  return stage ? `${stage.name}, ${index + 1} of ${operation.stages.length}` : 'finishing';
}

/** Time since an instant, ticking. */
export function Elapsed({ since }: { since: string }) {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const first = setTimeout(tick);
    const timer = setInterval(tick, 1_000);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, []);
  return (
    <span className="text-xs whitespace-nowrap text-faint">
      {now === null ? '' : formatElapsed(now - Date.parse(since))}
    </span>
  );
}
