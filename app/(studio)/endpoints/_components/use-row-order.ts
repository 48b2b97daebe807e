'use client';

import { useMemo, useState } from 'react';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { EndpointFigures } from '#lib/queries/endpoint-figures.ts';
import { formatSort, keepOrder, movedRows, sortedNames, type SortOrder } from './filter-endpoints.ts';

/** Rows in an order that changes only when somebody asks: by another column, or by "Refresh order". */
export function useRowOrder(
  endpoints: readonly Endpoint[],
  figures: ReadonlyMap<string, EndpointFigures>,
  sort: SortOrder,
) {
  const fresh = useMemo(() => sortedNames(endpoints, figures, sort), [endpoints, figures, sort]);
  const sortKey = formatSort(sort);
  const [kept, setKept] = useState({ sortKey, names: fresh });
  const names = kept.sortKey === sortKey ? keepOrder(kept.names, fresh) : fresh;
  const changed = kept.sortKey !== sortKey || names.join('\n') !== kept.names.join('\n');
  if (changed) setKept({ sortKey, names });
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return {
    rows: names.flatMap((name) => byName.get(name) ?? []),
    moved: movedRows(names, fresh),
    refresh: () => setKept({ sortKey, names: fresh }),
  };
}
