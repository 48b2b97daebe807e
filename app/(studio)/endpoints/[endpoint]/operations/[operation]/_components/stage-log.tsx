'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { BuildParts } from '#components/deployments/build-parts.tsx';
import { LogView } from '#components/logs/log-view.tsx';
import { useLogStream } from '#components/logs/use-log-stream.ts';
import { Chip } from '#components/ui/chip.tsx';
import { Panel } from '#components/ui/panel.tsx';
import type { LogLine } from '#lib/contracts/deployment.ts';
import { BUILD_STAGE, type Operation, type Stage } from '#lib/contracts/operation.ts';
import { describeOperation } from '#lib/format/operation.ts';
import { deploymentQuery } from '#lib/queries/deployments.ts';
import { environmentVersionQuery, parseEnvironmentReference } from '#lib/queries/environments.ts';

/** The console of the deployment while the chosen stage ran, or the log of the build; of stages without either, what they said. */
export function StageLog({
  endpoint,
  operation,
  stage,
}: {
  endpoint: string;
  operation: Operation;
  stage: Stage | null;
}) {
  const [follow, setFollow] = useState(true);
  const { deployment } = describeOperation(operation);
  const isGone = operation.kind.endsWith('.delete') && operation.status === 'succeeded';
  const isBuild = stage?.name === BUILD_STAGE;
  const source = isGone ? null : sourceOf(operation, stage);
  const request = deployment === null || source === null ? null : { endpoint, deployment, ...source };
  const { lines, state } = useLogStream(request);
  const isReading = request !== null && state === 'connecting' && lines.length === 0;
  const shown = stage === null || isBuild ? lines : linesOfStage(lines, stage);
  const isSilent = shown.length === 0 && !isReading && operation.status !== 'running';
  return (
    <Panel
      title={stage ? `Log of “${stage.name}”` : 'Log'}
      flush
      aside={operation.status === 'running' && state === 'live' ? <Chip tone="plain">live</Chip> : null}
    >
      {isBuild && deployment !== null && stage.status === 'running' ? (
        <BuildProgress endpoint={endpoint} deployment={deployment} />
      ) : null}
      <LogView
        lines={shown}
        label={`Log of ${stage?.name ?? 'the operation'}`}
        follow={follow}
        onFollowChange={setFollow}
        emptyText={isReading ? 'Reading the console…' : emptyText(stage, isGone)}
        height={isSilent ? '64px' : '420px'}
      />
    </Panel>
  );
}

/** The build says nothing to the stream of changes while it runs. */
const PARTS_REFETCH_MS = 1_000;

/** The parts of what is being built for a deployment: layers and steps. */
function BuildProgress({ endpoint, deployment }: { endpoint: string; deployment: string }) {
  const { data } = useQuery(deploymentQuery(endpoint, deployment));
  const reference = parseEnvironmentReference(data?.environment);
  const { data: version } = useQuery({
    ...environmentVersionQuery(reference?.name ?? '', reference?.version ?? ''),
    enabled: reference !== null,
    refetchInterval: PARTS_REFETCH_MS,
  });
  const build = version?.builds.find(({ state }) => state === 'building');
  if (build === undefined || build.parts.length === 0) return null;
  return (
    <div className="border-b border-line px-4 py-3">
      <BuildParts parts={build.parts} />
    </div>
  );
}

/** The build has a log of its own, which may be older than the operation where another one needed it first; null before it began. */
function sourceOf(operation: Operation, stage: Stage | null) {
  if (stage?.name !== BUILD_STAGE) return { since: operation.created_at };
  if (stage.status === 'pending' || stage.status === 'skipped') return null;
  return { container: 'build' as const, ends: stage.status !== 'running' };
}

/** Lines between the stage's start and the next one's; a second of slack, since a program's last words arrive after it ended. */
function linesOfStage(lines: readonly LogLine[], stage: Stage): LogLine[] {
  const from = stage.started_at === null ? Infinity : Date.parse(stage.started_at);
  const to = stage.finished_at === null ? Infinity : Date.parse(stage.finished_at) + 1_000;
  return lines.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
}

function emptyText(stage: Stage | null, isGone: boolean): string {
  if (isGone) return 'The logs were removed with the deployment.';
  if (stage === null || stage.status === 'pending') return 'This stage has not started.';
  if (stage.status === 'skipped') return stage.message || 'This stage was not needed.';
  return stage.message === ''
    ? 'No console output in this stage.'
    : `${stage.message} No console output in this stage.`;
}
