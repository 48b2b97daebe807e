import { queryOptions } from '@tanstack/react-query';
import type { Registry } from '#lib/contracts/registry.ts';
import { fetchAll } from './fetch-json.ts';
import { keys } from './keys.ts';

/** Registries that credentials are kept for; the credentials themselves are never answered. */
export function registriesQuery() {
  return queryOptions({
    queryKey: keys.registries.list(),
    queryFn: ({ signal }) => fetchAll<Registry>('/registries', { signal }),
  });
}
