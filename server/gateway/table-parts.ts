import type { RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';
import { type LimitedEndpoint, limitedEndpoints } from './limit-gate.ts';

/** An endpoint as text: most of those in a large table are never called in a worker, and only one that is has to be read. */
export interface PackedEndpoint {
  readonly name: string;
  /** A `RouteEndpoint`. */
  readonly json: string;
}

/** A piece of the way from one route table to the next. */
export interface TablePart extends Omit<RouteTable, 'version' | 'endpoints'> {
  /** Endpoints that are new or have changed. */
  readonly endpoints: readonly PackedEndpoint[];
  /** Names of endpoints that are gone. */
  readonly removed: readonly string[];
  /** All endpoints of the table that have limits; only the last part says so. */
  readonly limited: readonly LimitedEndpoint[];
  /** The revision is served once this part is installed. */
  readonly last: boolean;
}

/** Endpoints and their instances in one part: to install one takes a worker a few milliseconds where all of them are in use, and much less where not. */
const PART_SIZE = 200;

/**
 * What those who serve one table have to be told to serve the next: only what has changed, in parts. Each endpoint changes as a whole; which of several
 * endpoints changes first makes no difference to anybody.
 */
export class TableChanges {
  private told = new Map<string, string>();

  partsTo(table: RouteTable): TablePart[] {
    const former = this.told;
    this.told = new Map(table.endpoints.map((endpoint) => [endpoint.name, JSON.stringify(endpoint)]));
    const changed = table.endpoints.filter(({ name }) => this.told.get(name) !== former.get(name));
    const removed = [...former.keys()].filter((name) => !this.told.has(name));
    const pieces = cut(changed);
    return pieces.map((endpoints, index) => {
      const isLast = index === pieces.length - 1;
      return {
        ...commonTo(table),
        endpoints: endpoints.map(({ name }) => ({ name, json: this.told.get(name) as string })),
        removed: index === 0 ? removed : [],
        limited: isLast ? limitedEndpoints(table) : [],
        last: isLast,
      };
    });
  }
}

/** The whole table in one part, for who serves nothing yet. */
export function wholeTable(table: RouteTable): TablePart {
  return {
    ...commonTo(table),
    endpoints: table.endpoints.map((endpoint) => ({ name: endpoint.name, json: JSON.stringify(endpoint) })),
    removed: [],
    limited: limitedEndpoints(table),
    last: true,
  };
}

/** What every part of a table says. */
function commonTo({ version: _version, endpoints: _endpoints, ...rest }: RouteTable) {
  return rest;
}

/** At least one piece, which may be empty. */
function cut(endpoints: readonly RouteEndpoint[]): RouteEndpoint[][] {
  const pieces: RouteEndpoint[][] = [[]];
  let size = 0;
  for (const endpoint of endpoints) {
    if (size >= PART_SIZE) {
      pieces.push([]);
      size = 0;
    }
    (pieces.at(-1) as RouteEndpoint[]).push(endpoint);
    size += 1 + endpoint.deployments.reduce((sum, { instances }) => sum + instances.length, 0);
  }
  return pieces;
}

/** Gives each worker its parts one at a time: the next is sent when the last is installed, so that they do not arrive as one long piece of work. */
export class TableFeed {
  private readonly waiting = new Map<number, TablePart[]>();
  private readonly send: (worker: number, part: TablePart) => void;

  constructor(send: (worker: number, part: TablePart) => void) {
    this.send = send;
  }

  /** A worker that was given the newest table when it started. */
  addWorker(worker: number): void {
    this.waiting.set(worker, []);
  }

  removeWorker(worker: number): void {
    this.waiting.delete(worker);
  }

  publish(parts: readonly TablePart[]): void {
    for (const [worker, waiting] of this.waiting) {
      const isIdle = waiting.length === 0;
      waiting.push(...parts);
      if (isIdle) this.sendFirst(worker, waiting);
    }
  }

  onInstalled(worker: number): void {
    const waiting = this.waiting.get(worker);
    if (waiting === undefined) return;
    waiting.shift();
    this.sendFirst(worker, waiting);
  }

  private sendFirst(worker: number, waiting: readonly TablePart[]): void {
    const [first] = waiting;
    if (first !== undefined) this.send(worker, first);
  }
}
