import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { COST_GROUPS, CostResult } from '#lib/contracts/cost.ts';
import { fetchJson, withSearch } from './fetch-json.ts';
import { keys } from './keys.ts';

export interface CostsRequest {
  from: string;
  to: string;
  granularity?: 'hour' | 'day' | 'month' | 'total';
  groupBy?: readonly (typeof COST_GROUPS)[number][];
  endpoint?: string;
  deployment?: string;
}

const COSTS_REFETCH_MS = 30_000;

export function costsQuery(request: CostsRequest) {
  return queryOptions({
    queryKey: keys.costs.query({ ...request }),
    queryFn: ({ signal }) =>
      fetchJson<CostResult>(
        withSearch('/costs', {
          from: request.from,
          to: request.to,
          granularity: request.granularity,
          group_by: request.groupBy?.join(','),
          endpoint: request.endpoint,
          deployment: request.deployment,
        }),
        { signal },
      ),
    placeholderData: keepPreviousData,
    refetchInterval: COSTS_REFETCH_MS,
  });
}
