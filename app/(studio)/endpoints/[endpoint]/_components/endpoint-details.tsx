'use client';

import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PanelBoundary } from '#components/ui/panel-boundary.tsx';
import { Skeleton, SkeletonRegion, SkeletonRows } from '#components/ui/skeleton.tsx';
import { problemOf } from '#lib/queries/api-problem.ts';
import { deploymentsQuery } from '#lib/queries/deployments.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { DeploymentTable } from './deployment-table.tsx';
import { EndpointActivity } from './endpoint-activity.tsx';
import { EndpointFacts } from './endpoint-facts.tsx';
import { SplitHistory } from './split-history.tsx';
import { TrafficPanel } from './traffic-panel.tsx';

/** A single deployment has nothing to copy requests to. */
const MIRRORS_FROM = 2;
const MirrorSection = lazy(() => import('./mirror-section.tsx').then((module) => ({ default: module.MirrorSection })));

export function EndpointDetails({ name }: { name: string }) {
  const { data: endpoint } = useQuery(endpointQuery(name));
  const { data: deployments, error, refetch, isFetching } = useQuery(deploymentsQuery(name));
  const ordered = deployments?.toSorted((a, b) => a.colour_slot - b.colour_slot);
  return (
    <div className="grid grid-cols-1 gap-8">
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title="The deployments could not be read"
          onRetry={() => void refetch()}
          isRetrying={isFetching}
        />
      ) : null}
      {endpoint && ordered ? (
        <PanelBoundary name="Traffic">
          <TrafficPanel endpoint={endpoint} deployments={ordered} />
        </PanelBoundary>
      ) : error ? null : (
        <SkeletonRegion label="the traffic panel">
          <Skeleton className="h-90 w-full" />
        </SkeletonRegion>
      )}
      {endpoint && ordered ? (
        <>
          <DeploymentTable endpoint={endpoint} deployments={ordered} />
          {ordered.length < MIRRORS_FROM ? null : (
            <PanelBoundary name="Mirroring">
              <Suspense fallback={<SkeletonRows label="the mirrors" rows={2} />}>
                <MirrorSection endpoint={endpoint} deployments={ordered} />
              </Suspense>
            </PanelBoundary>
          )}
        </>
      ) : (
        <SkeletonRows label="the deployments" rows={2} />
      )}
      <div className="grid grid-cols-1 gap-8 lg:grid-cols-[minmax(0,1fr)_320px]">
        <div className="grid content-start gap-8">
          <div id="split-history" className="scroll-mt-4">
            <SplitHistory endpoint={name} />
          </div>
          <EndpointActivity endpoint={name} />
        </div>
        {endpoint ? <EndpointFacts endpoint={endpoint} /> : null}
      </div>
    </div>
  );
}
