import { queryOptions } from '@tanstack/react-query';
import type { Activity } from '#lib/contracts/endpoint.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import { apiPath, fetchJson, withSearch } from './fetch-json.ts';
import { keys } from './keys.ts';

/** What happened to an endpoint, newest first, in sentences. */
export function endpointActivityQuery(endpoint: string, limit = 20) {
  return queryOptions({
    queryKey: [...keys.endpoints.activity(endpoint), limit],
    queryFn: async ({ signal }) =>
      (
        await fetchJson<ListPage<Activity>>(withSearch(apiPath('endpoints', endpoint, 'activity'), { limit }), {
          signal,
        })
      ).items,
  });
}

/** What happened to all endpoints, newest first. */
export function activityQuery(limit = 8) {
  return queryOptions({
    queryKey: keys.activity.list(limit),
    queryFn: async ({ signal }) =>
      (await fetchJson<ListPage<Activity>>(withSearch('/activity', { limit }), { signal })).items,
  });
}
