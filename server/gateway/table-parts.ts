import type { RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';

/** A piece of the way from one route table to the next. */
export interface TablePart extends Omit<RouteTable, 'version'> {
  /** Endpoints that are new or have changed. */
  readonly endpoints: RouteEndpoint[];
  /** Names of endpoints that are gone. */
  readonly removed: readonly string[];
  /** The revision is served once this part is installed. */
  readonly last: boolean;
}

/** Instances and endpoints in one part: reading and installing one takes a worker a millisecond or two, between which it answers requests. */
const PART_SIZE = 100;

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
    const { version: _version, ...rest } = table;
    const pieces = cut(changed);
    return pieces.map((endpoints, index) => ({
      ...rest,
      endpoints,
      removed: index === 0 ? removed : [],
      last: index === pieces.length - 1,
    }));
  }
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
