'use client';

import { useQuery } from '@tanstack/react-query';
import { Clock, Plus } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { FirstModel } from '#components/endpoints/first-model.tsx';
import { useEndpointFigures } from '#components/endpoints/use-endpoint-figures.ts';
import { useNow } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { Select } from '#components/ui/select.tsx';
import { formatClock, zoneName } from '#lib/format/time.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointsQuery } from '#lib/queries/endpoints.ts';
import { healthQuery } from '#lib/queries/info.ts';
import { operationsQuery, runningOperationsQuery } from '#lib/queries/operations.ts';
import { ActivityList } from './activity-list.tsx';
import { attentionItems } from './attention.ts';
import { AttentionList } from './attention-list.tsx';
import { BusiestEndpoints } from './busiest-endpoints.tsx';
import { OverviewReadouts } from './overview-readouts.tsx';
import { OverviewSkeleton } from './overview-skeleton.tsx';
import { RunningList } from './running-list.tsx';

const RANGES = { '1h': 'Last hour', '6h': 'Last 6 hours', '24h': 'Last 24 hours' } as const;
type Range = keyof typeof RANGES;
const RANGE_IDS = Object.keys(RANGES) as Range[];
const RANGE_MS: Record<Range, number> = { '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000 };

export function Overview() {
  const [range, setRange] = useQueryState('range', parseAsStringLiteral(RANGE_IDS).withDefault('1h'));
  const endpoints = useQuery(endpointsQuery());
  return (
    <>
      <PageHead
        title="Overview"
        aside={<RangeInWords range={range} />}
        actions={
          <>
            <Select
              label="Range"
              labelHidden
              look="toolbar"
              icon={<Clock size={14} aria-hidden="true" />}
              options={RANGE_IDS.map((id) => ({ id, label: RANGES[id] }))}
              value={range}
              onChange={(id) => void setRange(id as Range)}
            />
            <ButtonLink href="/endpoints/new" variant="primary" icon={<Plus size={16} aria-hidden="true" />}>
              Deploy model
            </ButtonLink>
          </>
        }
      />
      {endpoints.isPending ? <OverviewSkeleton /> : null}
      {endpoints.isError ? (
        <ErrorState
          problem={problemOf(endpoints.error)}
          title="The endpoints could not be read"
          onRetry={() => void endpoints.refetch()}
          isRetrying={endpoints.isFetching}
          className="mb-6"
        />
      ) : null}
      {endpoints.data ? <OverviewContent endpoints={endpoints.data} lastMs={RANGE_MS[range]} /> : null}
    </>
  );
}

function RangeInWords({ range }: { range: Range }) {
  const now = useNow();
  const style = useTimeStyle();
  if (now === 0) return RANGES[range];
  return `${RANGES[range]}, to ${formatClock(now, style)} ${zoneName(now, style)}`;
}

function OverviewContent({
  endpoints,
  lastMs,
}: {
  endpoints: Parameters<typeof attentionItems>[0]['endpoints'];
  lastMs: number;
}) {
  const figures = useEndpointFigures(lastMs);
  const operations = useQuery(operationsQuery());
  const running = useQuery(runningOperationsQuery());
  const health = useQuery(healthQuery());
  const now = useNow();
  const recent = operations.data ?? [];
  const attention = attentionItems({ endpoints, operations: recent, health: health.data, now });
  const currency = endpoints[0]?.currency ?? 'USD';
  return (
    <>
      <OverviewReadouts endpoints={endpoints} figures={figures.figures} isPending={figures.isPending} />
      {figures.error ? (
        <ErrorState
          problem={problemOf(figures.error)}
          title="Requests, latency and errors could not be read"
          onRetry={figures.retry}
          className="mt-4"
        />
      ) : null}
      <div className="mt-8 grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_312px]">
        <div className="grid min-w-0 gap-8">
          <AttentionList items={attention} currency={currency} />
          <RunningList operations={running.data ?? []} />
          {endpoints.length === 0 ? (
            <FirstModel />
          ) : (
            <BusiestEndpoints endpoints={endpoints} figures={figures.figures} />
          )}
        </div>
        {operations.isError ? (
          <ErrorState
            problem={problemOf(operations.error)}
            title="The activity could not be read"
            onRetry={() => void operations.refetch()}
          />
        ) : (
          <ActivityList operations={recent} />
        )}
      </div>
    </>
  );
}
