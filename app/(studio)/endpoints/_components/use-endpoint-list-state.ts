'use client';

import { parseAsString, parseAsStringLiteral } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { ENDPOINT_STATE_IDS, type StateFilter } from './endpoint-states.ts';
import { formatSort, parseSort, type SortOrder } from './filter-endpoints.ts';

const DEFAULT_SORT: SortOrder = { column: 'state', descending: false };

/** Filter, state and order of the list, kept in the address so that a link shows the same rows. */
export function useEndpointListState() {
  const [filter, setFilter] = useQueryState('q', parseAsString.withDefault(''));
  const [state, setState] = useQueryState('state', parseAsStringLiteral(ENDPOINT_STATE_IDS).withDefault('all'));
  const [sort, setSort] = useQueryState('sort', parseAsString.withDefault(formatSort(DEFAULT_SORT)));
  return {
    filter,
    state,
    sort: parseSort(sort) ?? DEFAULT_SORT,
    setFilter: (next: string) => void setFilter(next || null),
    setState: (next: StateFilter) => void setState(next === 'all' ? null : next),
    setSort: (next: SortOrder) => void setSort(formatSort(next)),
  };
}
