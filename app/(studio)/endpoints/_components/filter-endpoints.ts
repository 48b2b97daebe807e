import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { EndpointFigures } from '#lib/queries/endpoint-figures.ts';

/** `name text`, `state:failed`, `tag:team`, `tag:team=search`; words are joined by and. */
export function matchesFilter(endpoint: Endpoint, filter: string): boolean {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => matchesWord(endpoint, word));
}

function matchesWord(endpoint: Endpoint, word: string): boolean {
  if (word.startsWith('state:')) return endpoint.state.startsWith(word.slice(6).replaceAll('-', '_'));
  if (word.startsWith('tag:')) return matchesTag(endpoint.tags, word.slice(4));
  const texts = [endpoint.name, endpoint.description, ...endpoint.deployments.map((one) => one.name)];
  return texts.some((text) => text.toLowerCase().includes(word)) || matchesTag(endpoint.tags, word);
}

function matchesTag(tags: Endpoint['tags'], word: string): boolean {
  return Object.entries(tags).some(([key, value]) => `${key}=${value}`.toLowerCase().includes(word));
}

export const SORT_COLUMNS = ['state', 'name', 'requests', 'p95', 'errors', 'instances', 'cost', 'updated'] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

/** What is wrong comes first. */
const STATE_ORDER: Record<Endpoint['state'], number> = {
  failed: 0,
  degraded: 1,
  updating: 2,
  deleting: 3,
  healthy: 4,
  no_traffic: 5,
  empty: 6,
};

type SortKey = number | string;

function sortKey(endpoint: Endpoint, figures: EndpointFigures | undefined, column: SortColumn): SortKey {
  switch (column) {
    case 'state':
      return STATE_ORDER[endpoint.state];
    case 'name':
      return endpoint.name;
    case 'requests':
      return figures?.ratePerSecond ?? -1;
    case 'p95':
      return figures?.p95Ms ?? -1;
    case 'errors':
      return figures?.errorRatio ?? -1;
    case 'instances':
      return endpoint.deployments.reduce((sum, one) => sum + one.ready_instances, 0);
    case 'cost':
      return endpoint.run_rate_micros_per_hour;
    case 'updated':
      return Date.parse(endpoint.updated_at);
  }
}

export interface SortOrder {
  column: SortColumn;
  descending: boolean;
}

/** Names in the order asked for; equals by name. */
export function sortedNames(
  endpoints: readonly Endpoint[],
  figures: ReadonlyMap<string, EndpointFigures>,
  { column, descending }: SortOrder,
): string[] {
  const direction = descending ? -1 : 1;
  return endpoints
    .map((endpoint) => ({ name: endpoint.name, key: sortKey(endpoint, figures.get(endpoint.name), column) }))
    .toSorted((a, b) => (a.key < b.key ? -direction : a.key > b.key ? direction : a.name.localeCompare(b.name)))
    .map((one) => one.name);
}

/**
 * Rows stay where they are while their figures change: names keep their earlier order, new ones come in behind their neighbour of the fresh
 * order.
 */
export function keepOrder(previous: readonly string[], fresh: readonly string[]): string[] {
  const present = new Set(fresh);
  const kept = previous.filter((name) => present.has(name));
  const known = new Set(kept);
  fresh.forEach((name, index) => {
    if (known.has(name)) return;
    const before = fresh.slice(0, index).findLast((other) => known.has(other));
    kept.splice(before === undefined ? 0 : kept.indexOf(before) + 1, 0, name);
    known.add(name);
  });
  return kept;
}

/** Rows that stand elsewhere in the fresh order. */
export function movedRows(shown: readonly string[], fresh: readonly string[]): number {
  return shown.filter((name, index) => fresh[index] !== name).length;
}

/** `sort` of the address: `name`, or `-requests` for falling. */
export function parseSort(text: string): SortOrder | null {
  const descending = text.startsWith('-');
  const column = SORT_COLUMNS.find((one) => one === (descending ? text.slice(1) : text));
  return column ? { column, descending } : null;
}

export function formatSort({ column, descending }: SortOrder): string {
  return descending ? `-${column}` : column;
}
