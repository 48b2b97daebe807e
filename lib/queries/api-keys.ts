import { queryOptions } from '@tanstack/react-query';
import type { ApiKey } from '#lib/contracts/identity.ts';
import { fetchItems } from './fetch-json.ts';
import { keys } from './keys.ts';

export function apiKeysQuery() {
  return queryOptions({
    queryKey: keys.apiKeys.list(),
    queryFn: ({ signal }) => fetchItems<ApiKey>('/api-keys', { signal }),
  });
}
