'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { parseAsStringLiteral } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { FirstModel } from '#components/endpoints/first-model.tsx';
import { useEndpointFigures } from '#components/endpoints/use-endpoint-figures.ts';
import { useNow } from '#components/layout/age.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
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

const HOUR_MS = 3_600_000;
const RANGES = {
  '1h': { words: 'Last hour', short: '1 h', ms: HOUR_MS },
  '6h': { words: 'Last 6 hours', short: '6 h', ms: 6 * HOUR_MS },
  '24h': { words: 'Last 24 hours', short: '24 h', ms: 24 * HOUR_MS },
} as const;
type Range = keyof typeof RANGES;
const RANGE_IDS = Object.keys(RANGES) as Range[];

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
            <SegmentedControl
              label="Range"
              size="md"
              options={RANGE_IDS.map((id) => ({ id, label: RANGES[id].short }))}
              value={range}
              onChange={(id) => void setRange(id)}
            />
            <ButtonLink href="/endpoints/new" variant="primary" icon={<Plus size={16} aria-hidden="true" />}>
              Deploy a model
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
      {endpoints.data ? <OverviewContent endpoints={endpoints.data} lastMs={RANGES[range].ms} /> : null}
    </>
  );
}

function RangeInWords({ range }: { range: Range }) {
  const now = useNow();
  const style = useTimeStyle();
  if (now === 0) return RANGES[range].words;
  return `${RANGES[range].words}, to ${formatClock(now, style)} ${zoneName(now, style)}`;
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
  const attention = attentionItems({ endpoints, operations: operations.data ?? [], health: health.data, now });
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
        <ActivityList />
      </div>
    </>
  );
}
