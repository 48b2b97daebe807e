'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { parseAsInteger, parseAsString, parseAsStringLiteral } from '#components/address/query-parameters.ts';
import { useQueryStates } from '#components/address/use-query-state.ts';
import { LogView } from '#components/logs/log-view.tsx';
import { type StreamedLine, useLogStream } from '#components/logs/use-log-stream.ts';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { deploymentsQuery, instancesQuery } from '#lib/queries/deployments.ts';
import { CONTAINERS, STREAMS, type StreamFilter } from './log-choices.ts';
import { LogToolbar } from './log-toolbar.tsx';
import { LogStatus } from './log-status.tsx';
import { useLineSearch } from './use-line-search.ts';

const CONTAINER_NOTES = {
  'storage-initializer': 'What each instance was given before it started: the files of its model, and its code.',
  build: 'How the environment was built that the deployment is to run in.',
} as const;

/** Lines before the one that a link names, in milliseconds. */
const CONTEXT_MS = 60_000;
/** The console fills the window below the header band and its toolbar. */
const VIEW_HEIGHT = 'max(320px, calc(100dvh - 340px))';

export function EndpointLogs({ endpoint }: { endpoint: string }) {
  const { data: deployments, error, refetch, isFetching } = useQuery(deploymentsQuery(endpoint));
  if (error && deployments === undefined)
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The deployments could not be read"
        onRetry={() => void refetch()}
        isRetrying={isFetching}
      />
    );
  if (deployments === undefined) return <SkeletonRows label="the console" rows={12} compact />;
  if (deployments.length === 0)
    return (
      <EmptyState
        title="No deployment, so no console"
        headingLevel={2}
        actions={
          <ButtonLink variant="primary" href={`/endpoints/${encodeURIComponent(endpoint)}/deployments/new`}>
            Add a deployment
          </ButtonLink>
        }
      >
        What the instances of a deployment write to stdout and stderr is kept here, also after they are gone.
      </EmptyState>
    );
  return <Console endpoint={endpoint} deployments={deployments} />;
}

const PARAMETERS = {
  dep: parseAsString,
  instance: parseAsString,
  container: parseAsStringLiteral(CONTAINERS).withDefault('inference-server'),
  stream: parseAsStringLiteral(STREAMS).withDefault('all'),
  q: parseAsString.withDefault(''),
  /** Position of the line that the link names, and when it was written (epoch milliseconds). */
  line: parseAsString,
  at: parseAsInteger,
};

function Console({ endpoint, deployments }: { endpoint: string; deployments: readonly Deployment[] }) {
  const [state, setState] = useQueryStates(PARAMETERS);
  const [follow, setFollow] = useState(state.line === null);
  const deployment = deployments.find(({ name }) => name === state.dep) ?? mostInteresting(deployments);
  const [linkedAt] = useState(state.at);
  const stream = useLogStream({
    endpoint,
    deployment: deployment.name,
    instance: state.container === 'build' ? undefined : (state.instance ?? undefined),
    ...(state.container === 'inference-server' ? {} : { container: state.container }),
    ends: state.container === 'build',
    since: linkedAt === null ? undefined : new Date(linkedAt - CONTEXT_MS).toISOString(),
    ...(linkedAt === null ? {} : { tail: 50_000 }),
  });
  const { data: running } = useQuery(instancesQuery(endpoint, deployment.name));
  const shown = useMemo(() => filterStream(stream.lines, state.stream), [stream.lines, state.stream]);
  const linked = useMemo(
    () => (state.line === null ? null : indexOrNull(shown, ({ id }) => id === state.line)),
    [shown, state.line],
  );
  const search = useLineSearch(shown, state.q, () => setFollow(false));

  function link(index: number): void {
    const line = shown[index];
    if (!line) return;
    setFollow(false);
    void setState({ line: line.id, at: Date.parse(line.at) });
  }

  return (
    <div className="grid gap-2">
      <LogToolbar
        endpoint={endpoint}
        deployment={deployment}
        deployments={deployments}
        running={running ?? []}
        lines={stream.lines}
        instance={state.instance}
        container={state.container}
        stream={state.stream}
        search={{ ...search, text: state.q }}
        onDeployment={(dep) => void setState({ dep, instance: null, line: null, at: null })}
        onInstance={(instance) => void setState({ instance, line: null, at: null })}
        onContainer={(container) => void setState({ container, stream: 'all', line: null, at: null })}
        onStream={(next) => void setState({ stream: next })}
        onSearch={(q) => void setState({ q })}
      />
      {state.container === 'inference-server' ? null : <Note>{CONTAINER_NOTES[state.container]}</Note>}
      {deployment.external ? (
        <Note>
          These servers run outside of Viridian, and so do their logs: look for them at{' '}
          <span className="wrap-anywhere">{deployment.external.urls.join(', ')}</span>. Below is what was noticed of
          their health and addresses since Viridian started.
        </Note>
      ) : null}
      {stream.problem ? (
        <ErrorState problem={stream.problem} title="The console could not be read" />
      ) : (
        <div className="overflow-hidden rounded-lg border border-line">
          <LogView
            lines={shown}
            label={`Console of ${deployment.name}`}
            follow={follow}
            onFollowChange={setFollow}
            current={search.current ?? linked}
            search={state.q}
            onSelectLine={link}
            showInstance={state.instance === null && state.container !== 'build'}
            emptyText={
              state.container === 'build'
                ? `${deployment.name} runs in what this host has: nothing was built for it.`
                : emptyText(stream.state === 'connecting', stream.lines.length, deployment)
            }
            height={VIEW_HEIGHT}
          />
        </div>
      )}
      <LogStatus
        state={stream.state}
        shown={shown.length}
        all={stream.lines.length}
        follow={follow}
        onFollow={setFollow}
        isLinkLost={state.line !== null && linked === null && stream.lines.length > 0}
      />
    </div>
  );
}

/** The one that somebody looks for: a failed one, else the one with the most traffic. */
function mostInteresting(deployments: readonly Deployment[]): Deployment {
  const failed = deployments.find(({ provisioning_state: state }) => state === 'Failed');
  return failed ?? deployments.toSorted((a, b) => b.traffic_percent - a.traffic_percent)[0]!;
}

function filterStream(lines: readonly StreamedLine[], stream: StreamFilter): readonly StreamedLine[] {
  return stream === 'all' ? lines : lines.filter((line) => line.stream === stream);
}

function indexOrNull<Item>(items: readonly Item[], test: (item: Item) => boolean): number | null {
  const index = items.findIndex(test);
  return index === -1 ? null : index;
}

function emptyText(connecting: boolean, received: number, deployment: Deployment): string {
  if (connecting) return 'Reading the console…';
  if (received > 0) return 'No line of this kind.';
  return `No lines yet. What ${deployment.name} writes to stdout and stderr appears here; it ${
    deployment.ready_instances > 0 ? 'runs and has written nothing' : 'has no ready instance'
  }.`;
}
