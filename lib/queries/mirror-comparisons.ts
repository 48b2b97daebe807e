import { queryOptions } from '@tanstack/react-query';
import type { MirrorComparisons } from '#lib/contracts/mirror-comparison.ts';
import { apiPath, fetchJson, withSearch } from './fetch-json.ts';
import { keys } from './keys.ts';

const REFETCH_MS = 10_000;
const SHOWN_PAIRS = 20;

/** How mirrors compared with the live deployments in the last day, and the newest pairs that disagree. */
export function mirrorComparisonsQuery(endpoint: string) {
  return queryOptions({
    queryKey: keys.endpoints.mirrorComparisons(endpoint),
    queryFn: ({ signal }) =>
      fetchJson<MirrorComparisons>(
        withSearch(apiPath('endpoints', endpoint, 'mirror-comparisons'), { limit: SHOWN_PAIRS }),
        { signal },
      ),
    refetchInterval: REFETCH_MS,
  });
}
