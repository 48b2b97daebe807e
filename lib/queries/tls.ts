import { queryOptions } from '@tanstack/react-query';
import type { Tls } from '#lib/contracts/tls.ts';
import { fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';

const REFETCH_MS = 30_000;

/** What the gateway serves TLS with. Certificates change outside the control plane, so no change event tells. */
export function tlsQuery() {
  return queryOptions({
    queryKey: keys.tls(),
    queryFn: ({ signal }) => fetchJson<Tls>('/tls', { signal }),
    refetchInterval: REFETCH_MS,
  });
}
