'use client';

import { useQuery } from '@tanstack/react-query';
import { MirrorAgreement } from '#components/traffic/mirror-agreement.tsx';
import { MirrorPairs } from '#components/traffic/mirror-pairs.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { mirrorComparisonsQuery } from '#lib/queries/mirror-comparisons.ts';

/** How often mirrors agreed with the live answers, and the newest answers that disagree. */
export function MirrorComparisons({ endpoint }: { endpoint: Endpoint }) {
  const { data, error, refetch, isFetching } = useQuery(mirrorComparisonsQuery(endpoint.name));
  const slots = new Map(endpoint.deployments.map((one) => [one.name, one.colour_slot]));
  const slotOf = (name: string): number => slots.get(name) ?? 0;
  if (error) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The comparisons could not be read"
        onRetry={() => void refetch()}
        isRetrying={isFetching}
      />
    );
  }
  if (data === undefined) return null;
  if (data.mirrors.length === 0) return <NothingCompared endpoint={endpoint} />;
  return (
    <div className="mt-6 grid gap-6">
      <div>
        <h3 className="mb-2 text-sm">Agreement in the last 24 hours</h3>
        <MirrorAgreement mirrors={data.mirrors} slotOf={slotOf} />
      </div>
      <div>
        <h3 className="mb-2 text-sm">Newest answers that disagree</h3>
        {data.pairs.length === 0 ? (
          <p className="text-muted">None: every answer that was compared agrees with the live one.</p>
        ) : (
          <MirrorPairs pairs={data.pairs} slotOf={slotOf} />
        )}
      </div>
    </div>
  );
}

function NothingCompared({ endpoint }: { endpoint: Endpoint }) {
  const hasMirror = Object.values(endpoint.mirror_traffic).some((percent) => percent > 0);
  return (
    <EmptyState title="Nothing was compared in the last 24 hours">
      {hasMirror
        ? 'Send requests to the endpoint without naming a deployment. What came of them shows here within seconds.'
        : 'Switch on copies to a deployment without live traffic, then send requests to the endpoint.'}
    </EmptyState>
  );
}
