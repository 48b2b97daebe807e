import { readFileSync } from 'node:fs';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import { type RouteTable, routeTableSchema } from '#server/routing/route-table.ts';

/**
 * The last route table that was on disk, or null when there is none.
 * @throws Error when there is one that cannot be read: serving nobody silently would hide it
 */
export function loadRouteTable(path: string): RouteTable | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return routeTableSchema.parse(JSON.parse(text));
}

/** Writes tables to disk, one after the other; one that is superseded before its turn is left out. */
export class RouteTableWriter {
  private readonly path: string;
  private newest: RouteTable | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** Resolves to whether this very table was written, once its turn is over. Rejects when the disk does not take it. */
  write(table: RouteTable): Promise<boolean> {
    this.newest = table;
    const turn = this.last.then(async () => {
      if (this.newest !== table) return false;
      await writeFileDurably(this.path, JSON.stringify(table));
      return true;
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
