'use client';

import { useEffect } from 'react';
import { parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { ErrorState } from '#components/ui/error-state.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Operation } from '#lib/contracts/operation.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { CauseCard } from './cause-card.tsx';
import { NextSteps } from './next-steps.tsx';
import { OperationHead } from './operation-head.tsx';
import { StageLog } from './stage-log.tsx';
import { StageTimeline } from './stage-timeline.tsx';
import { useLiveOperation } from './use-live-operation.ts';

/** Long work, live: stages left, the log of the chosen one right; a reload or a sent link shows the same. */
export function OperationView({ endpoint, id }: { endpoint: string; id: string }) {
  const { data: operation, error, refetch, isFetching } = useLiveOperation(id);
  if (error && operation === undefined) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The operation could not be read"
        onRetry={() => void refetch()}
        isRetrying={isFetching}
      />
    );
  }
  if (operation === undefined) return <SkeletonRows label="the operation" rows={5} />;
  return <LoadedOperation endpoint={endpoint} operation={operation} />;
}

function LoadedOperation({ endpoint, operation }: { endpoint: string; operation: Operation }) {
  const [chosen, setChosen] = useQueryState('stage', parseAsString);
  const stage = operation.stages.find(({ name }) => name === chosen) ?? currentStage(operation);
  useStageInTitle(operation);
  return (
    <div className="grid grid-cols-1 gap-6">
      <OperationHead endpoint={endpoint} operation={operation} />
      {operation.status === 'failed' && operation.error ? (
        <CauseCard endpoint={endpoint} operation={operation} problem={operation.error} />
      ) : null}
      {operation.status === 'succeeded' ? <NextSteps endpoint={endpoint} operation={operation} /> : null}
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-[352px_minmax(0,1fr)]">
        <StageTimeline operation={operation} chosen={stage?.name ?? null} onChoose={(name) => void setChosen(name)} />
        <StageLog endpoint={endpoint} operation={operation} stage={stage ?? null} />
      </div>
      <p className="sr-only" role="status">
        {announcement(operation)}
      </p>
    </div>
  );
}

/** The stage that runs, else the one that failed, else the last that did something. */
export function currentStage({ stages }: Pick<Operation, 'stages'>) {
  return (
    stages.find(({ status }) => status === 'running') ??
    stages.find(({ status }) => status === 'failed') ??
    stages.findLast(({ status }) => status === 'succeeded') ??
    stages[0]
  );
}

/** `(2/4) Become ready` in the tab while it runs. */
function useStageInTitle(operation: Operation): void {
  const index = operation.stages.findIndex(({ status }) => status === 'running');
  const prefix =
    operation.status === 'running' && index !== -1
      ? `(${index + 1}/${operation.stages.length}) ${operation.stages[index]?.name} · `
      : '';
  useEffect(() => {
    if (prefix === '') return;
    const before = document.title;
    document.title = `${prefix}${before}`;
    return () => {
      document.title = before;
    };
  }, [prefix]);
}

/** Said at stage changes only. */
function announcement(operation: Operation): string {
  const running = operation.stages.find(({ status }) => status === 'running');
  if (operation.status !== 'running') return `The operation ${operation.status}.`;
  return running ? `Now: ${running.name}` : '';
}
