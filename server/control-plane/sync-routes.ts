import { readFile } from 'node:fs/promises';
import { compileRouteTable, routesAlike } from '#server/routing/compile-route-table.ts';
import type { RouteTablePublisher } from '#server/routing/publish-route-table.ts';
import { routeTableSchema, type RouteTable } from '#server/routing/route-table.ts';
import { nextCounter } from '#server/store/counter-store.ts';
import type { Database } from '#server/store/database.ts';
import { loadEndpointStates } from '#server/store/endpoint-state.ts';
import { loadTokenIssuer } from '#server/store/token-signing-key-store.ts';

/** Keeps the gateway's route table equal to the store. */
export interface RouteSync {
  /** Publishes when the content differs from what was published last; says whether it did. Calls that come together share one look. */
  sync(): Promise<boolean>;
}

export interface RouteSyncDeps {
  database: Database;
  publisher: RouteTablePublisher;
  /** Where the gateway keeps its table: what is there is what it serves. */
  routeTablePath: string;
  /** CIDRs of proxies that the gateway believes. */
  trustedForwarders: readonly string[];
}

export function createRouteSync({ database, publisher, routeTablePath, trustedForwarders }: RouteSyncDeps): RouteSync {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<boolean> | null = null;

  function sync(): Promise<boolean> {
    next ??= running.then(() => {
      next = null;
      const run = publishIfChanged();
      running = run.catch(() => undefined);
      return run;
    });
    return next;
  }

  async function publishIfChanged(): Promise<boolean> {
    const last = publisher.published ?? (await readTable(routeTablePath));
    const table = compileRouteTable(await loadEndpointStates(database), last?.revision ?? 0, {
      issuer: await loadTokenIssuer(database),
      trustedForwarders,
    });
    if (last !== null && routesAlike(last, table)) {
      if (publisher.published === null) publisher.publish(last);
      return false;
    }
    publisher.publish({ ...table, revision: await newRevision(last?.revision ?? 0) });
    return true;
  }

  /** Above every revision that a worker may serve, also when the database is older than the gateway's table. */
  async function newRevision(above: number): Promise<number> {
    return database.transact(async (tx) => {
      let revision = await nextCounter(tx, 'route_revision');
      while (revision <= above) revision = await nextCounter(tx, 'route_revision');
      return revision;
    });
  }

  return { sync };
}

async function readTable(path: string): Promise<RouteTable | null> {
  try {
    return routeTableSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // None yet, or none that can be read: the next one is published as the first.
    return null;
  }
}
