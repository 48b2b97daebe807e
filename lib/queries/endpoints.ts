import { queryOptions } from '@tanstack/react-query';
import type { Endpoint, Traffic, TrafficHistoryEntry } from '#lib/contracts/endpoint.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import { apiPath, fetchAll, fetchJson, withSearch } from './fetch-json.ts';
import { keys } from './keys.ts';

export function endpointsQuery() {
  return queryOptions({
    queryKey: keys.endpoints.list(),
    queryFn: ({ signal }) => fetchAll<Endpoint>('/endpoints', { signal }),
  });
}

export function endpointQuery(endpoint: string) {
  return queryOptions({
    queryKey: keys.endpoints.detail(endpoint),
    queryFn: ({ signal }) => fetchJson<Endpoint>(apiPath('endpoints', endpoint), { signal }),
  });
}

/** The split, and how many of the gateway's workers serve it. */
export function trafficQuery(endpoint: string) {
  return queryOptions({
    queryKey: keys.endpoints.traffic(endpoint),
    queryFn: ({ signal }) => fetchJson<Traffic>(apiPath('endpoints', endpoint, 'traffic'), { signal }),
  });
}

/** Newest first. */
export function trafficHistoryQuery(endpoint: string, limit = 20) {
  return queryOptions({
    queryKey: [...keys.endpoints.trafficHistory(endpoint), limit],
    queryFn: ({ signal }) =>
      fetchJson<ListPage<TrafficHistoryEntry>>(
        withSearch(apiPath('endpoints', endpoint, 'traffic', 'history'), { limit }),
        { signal },
      ),
  });
}
