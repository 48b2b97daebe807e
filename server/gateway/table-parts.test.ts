import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';
import { TableChanges, TableFeed, type TablePart } from './table-parts.ts';
import { deployment, endpoint, table } from './testing/start-gateway.ts';

function named(name: string, weight: number): RouteEndpoint {
  return endpoint([deployment('blue', [8000], { weight })], { name });
}

/** The endpoints that somebody serves who installs parts one after the other. */
function install(served: Map<string, RouteEndpoint>, parts: readonly TablePart[]): void {
  for (const part of parts) {
    for (const { name, json } of part.endpoints) served.set(name, JSON.parse(json));
    for (const name of part.removed) served.delete(name);
  }
}

const tables = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 2 })), {
  maxLength: 8,
});

describe('the parts of a table', () => {
  it('lead from any table to any other', () => {
    fc.assert(
      fc.property(tables, (states) => {
        const changes = new TableChanges();
        const served = new Map<string, RouteEndpoint>();
        for (const state of states) {
          const next: RouteTable = table(...Object.entries(state).map(([name, weight]) => named(name, weight)));
          const parts = changes.partsTo(next);
          install(served, parts);
          expect([...served.values()].toSorted(byName)).toEqual(next.endpoints.toSorted(byName));
          expect(parts.filter(({ last }) => last)).toEqual([parts.at(-1)]);
        }
      }),
    );
  });

  it('hold nothing but what has changed', () => {
    const changes = new TableChanges();
    const names = Array.from({ length: 1_000 }, (_, index) => `e${index}`);
    const first = changes.partsTo(table(...names.map((name) => named(name, 100))));
    expect(first.length).toBeGreaterThan(5);
    const parts = changes.partsTo(table(...names.map((name) => named(name, name === 'e7' ? 50 : 100))));
    expect(parts.map(({ endpoints, removed }) => [endpoints.map(({ name }) => name), removed])).toEqual([[['e7'], []]]);
  });

  it('reach each worker one at a time and in order, whatever is published meanwhile', () => {
    const changes = new TableChanges();
    const sent: [number, string[]][] = [];
    const feed = new TableFeed((worker, part) => sent.push([worker, part.endpoints.map(({ name }) => name)]));
    feed.addWorker(1);
    feed.publish(changes.partsTo(table(named('a', 1))));
    feed.publish(changes.partsTo(table(named('a', 2), named('b', 1))));
    expect(sent).toEqual([[1, ['a']]]);
    feed.onInstalled(1);
    feed.removeWorker(1);
    feed.onInstalled(1);
    feed.publish(changes.partsTo(table()));
    expect(sent).toEqual([
      [1, ['a']],
      [1, ['a', 'b']],
    ]);
  });
});

function byName(a: RouteEndpoint, b: RouteEndpoint): number {
  return a.name < b.name ? -1 : 1;
}
