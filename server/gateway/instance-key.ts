import type { RouteInstance } from '#server/routing/route-table.ts';

/** Names one generation of an instance: connections and slots belong to it alone. */
export function instanceKey(route: RouteInstance): string {
  return `${route.id}#${route.generation}`;
}
