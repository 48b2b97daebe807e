'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { EndpointSplit } from '#components/endpoints/endpoint-split.tsx';
import { RollBackButton } from './roll-back-button.tsx';
import { StatusChip } from '#components/ui/chip.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Skeleton, SkeletonRegion } from '#components/ui/skeleton.tsx';
import { TabLinks } from '#components/ui/tab-links.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { EndpointReadouts } from './endpoint-readouts.tsx';

/** What every tab of an endpoint shows first: is it healthy, who gets which share, what does it cost. */
export function EndpointHeader({ name }: { name: string }) {
  const { data: endpoint, error, refetch, isFetching } = useQuery(endpointQuery(name));
  const base = `/endpoints/${encodeURIComponent(name)}`;
  return (
    <header className="-mx-6 border-b border-line px-6 max-lg:-mx-4 max-lg:px-4">
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
        <h1>{name}</h1>
        {endpoint ? <StatusChip status={endpoint.state} /> : null}
        {endpoint ? <ScoringAddress uri={endpoint.scoring_uri} /> : null}
        <div className="ms-auto flex flex-wrap items-center gap-2">
          <RollBackButton endpoint={name} />
          <ButtonLink href={`${base}/deployments/new`} icon={<Plus size={16} aria-hidden="true" />}>
            New deployment
          </ButtonLink>
        </div>
      </div>
      {endpoint && endpoint.state_reason !== '' ? (
        <p className="mt-1 text-xs text-muted">{endpoint.state_reason}</p>
      ) : null}
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title={`The endpoint ${name} could not be read`}
          onRetry={() => void refetch()}
          isRetrying={isFetching}
          className="mt-3"
        />
      ) : null}
      <div className="mt-3.5 mb-3.5 flex min-h-10 flex-wrap items-center gap-x-6 gap-y-3">
        {endpoint ? <HeaderSplit endpoint={endpoint} /> : <HeaderSkeleton />}
        {endpoint ? <EndpointReadouts endpoint={endpoint} /> : null}
      </div>
      <TabLinks
        label="Endpoint"
        tabs={[
          { href: base, label: 'Details' },
          { href: `${base}/test`, label: 'Test' },
          { href: `${base}/consume`, label: 'Consume' },
          { href: `${base}/monitoring`, label: 'Monitoring' },
          { href: `${base}/logs`, label: 'Logs' },
          { href: `${base}/cost`, label: 'Cost' },
          { href: `${base}/settings`, label: 'Settings' },
        ]}
      />
    </header>
  );
}

function ScoringAddress({ uri }: { uri: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code className="truncate font-mono text-xs text-muted">{uri}</code>
      <CopyButton text={uri} label="Copy the scoring address" />
    </span>
  );
}

function HeaderSplit({ endpoint }: { endpoint: Endpoint }) {
  const live = endpoint.deployments.filter(({ name }) => (endpoint.traffic[name] ?? 0) > 0);
  return (
    <div className="w-105 max-w-full max-md:w-full">
      <div className="mb-1 flex justify-between gap-3 text-xs">
        {live.length === 0 ? <span className="text-muted">No live traffic</span> : null}
        {live.map(({ name, colour_slot }) => (
          <DeploymentName key={name} name={`${name} ${endpoint.traffic[name]} %`} slot={colour_slot} />
        ))}
      </div>
      <EndpointSplit endpoint={endpoint} height="desired" />
    </div>
  );
}

function HeaderSkeleton() {
  return (
    <SkeletonRegion label="the endpoint" className="w-105 max-w-full">
      <Skeleton className="mb-2 h-3 w-24" />
      <Skeleton className="h-3 w-full" />
    </SkeletonRegion>
  );
}
