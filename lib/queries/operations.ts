import { queryOptions } from '@tanstack/react-query';
import type { Operation } from '#lib/contracts/operation.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import { apiPath, fetchJson, withSearch } from './fetch-json.ts';
import { keys } from './keys.ts';

const RUNNING_REFETCH_MS = 2_000;

export function operationQuery(id: string) {
  return queryOptions({
    queryKey: keys.operations.detail(id),
    queryFn: ({ signal }) => fetchJson<Operation>(apiPath('operations', id), { signal }),
  });
}

/** Newest first. `resource` narrows to one endpoint or deployment. */
export function operationsQuery(filters: { status?: Operation['status']; resource?: string; limit?: number } = {}) {
  const search = {
    ...(filters.status ? { status: filters.status } : {}),
    ...(filters.resource ? { resource: filters.resource } : {}),
    limit: String(filters.limit ?? 50),
  };
  return queryOptions({
    queryKey: keys.operations.list(search),
    queryFn: async ({ signal }) =>
      (await fetchJson<ListPage<Operation>>(withSearch('/operations', search), { signal })).items,
  });
}

/** Operations under way, for the bell and Overview. Stages move without a change event, so it is asked again while any runs. */
export function runningOperationsQuery() {
  return {
    ...operationsQuery({ status: 'running' }),
    refetchInterval: (query: { state: { data?: Operation[] | undefined } }) =>
      (query.state.data?.length ?? 0) > 0 ? RUNNING_REFETCH_MS : false,
  } as const;
}
