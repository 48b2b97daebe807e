import { queryOptions } from '@tanstack/react-query';
import type { Health, Info } from '#lib/contracts/info.ts';
import { fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';

export function infoQuery() {
  return queryOptions({
    queryKey: keys.info(),
    queryFn: ({ signal }) => fetchJson<Info>('/info', { signal }),
    staleTime: 60_000,
  });
}

const HEALTH_REFETCH_MS = 15_000;

export function healthQuery() {
  return queryOptions({
    queryKey: keys.health(),
    queryFn: ({ signal }) => fetchJson<Health>('/health', { signal }),
    refetchInterval: HEALTH_REFETCH_MS,
  });
}
