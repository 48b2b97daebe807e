'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowDownUp, Plus } from 'lucide-react';
import { FirstModel } from '#components/endpoints/first-model.tsx';
import { useEndpointFigures } from '#components/endpoints/use-endpoint-figures.ts';
import { useNarrow } from '#components/layout/use-narrow.ts';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointsQuery } from '#lib/queries/endpoints.ts';
import { EndpointCards } from './endpoint-cards.tsx';
import { EndpointFilters } from './endpoint-filters.tsx';
import { EndpointTable } from './endpoint-table.tsx';
import { matchesFilter } from './filter-endpoints.ts';
import { useEndpointListState } from './use-endpoint-list-state.ts';
import { useRowOrder } from './use-row-order.ts';

const RANGE_MS = 3_600_000;

export function EndpointList() {
  const { data: endpoints, ...query } = useQuery(endpointsQuery());
  return (
    <>
      <PageHead
        title="Endpoints"
        aside={endpoints?.length}
        actions={
          <ButtonLink href="/endpoints/new" variant="primary" icon={<Plus size={16} aria-hidden="true" />} keys={['C']}>
            New endpoint
          </ButtonLink>
        }
      />
      {query.isPending ? <SkeletonRows label="the endpoints" rows={8} /> : null}
      {query.isError ? (
        <ErrorState
          problem={problemOf(query.error)}
          title="The endpoints could not be read"
          onRetry={() => void query.refetch()}
          isRetrying={query.isFetching}
          className="mb-6"
        />
      ) : null}
      {endpoints?.length === 0 ? <FirstModel /> : null}
      {endpoints && endpoints.length > 0 ? <EndpointRows endpoints={endpoints} /> : null}
    </>
  );
}

function EndpointRows({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const { filter, state, sort, setFilter, setState, setSort } = useEndpointListState();
  const { figures, error, retry } = useEndpointFigures(RANGE_MS);
  const narrow = useNarrow();
  const matching = endpoints.filter((endpoint) => matchesFilter(endpoint, filter));
  const filtered = state === 'all' ? matching : matching.filter((endpoint) => endpoint.state === state);
  const { rows, moved, refresh } = useRowOrder(filtered, figures, sort);
  return (
    <>
      <EndpointFilters filter={filter} state={state} endpoints={matching} onFilter={setFilter} onState={setState} />
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title="Requests, latency and errors could not be read"
          onRetry={retry}
          className="mt-4"
        />
      ) : null}
      {rows.length === 0 ? (
        <EmptyState
          title="Nothing matches"
          headingLevel={2}
          actions={
            <Button
              onPress={() => {
                setFilter('');
                setState('all');
              }}
            >
              Clear the filter
            </Button>
          }
        >
          None of {endpoints.length} endpoints has all of what the filter asks for.
        </EmptyState>
      ) : null}
      {rows.length > 0 && narrow ? <EndpointCards endpoints={rows} figures={figures} /> : null}
      {rows.length > 0 && !narrow ? (
        <EndpointTable endpoints={rows} figures={figures} sort={sort} onSort={setSort} />
      ) : null}
      {moved > 0 ? (
        <p className="mt-3 flex items-center gap-1.5 text-xs text-muted">
          <ArrowDownUp size={12} aria-hidden="true" />
          {moved === 1 ? '1 row' : `${moved} rows`} would change order.
          <button type="button" className="prose-link" onClick={refresh}>
            Refresh order
          </button>
        </p>
      ) : null}
    </>
  );
}
