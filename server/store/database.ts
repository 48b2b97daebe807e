import { AsyncLocalStorage } from 'node:async_hooks';
import { chmodSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { AppError } from '#server/kernel/app-error.ts';
import { systemClock, type Clock } from '#server/kernel/clock.ts';
import type { RecordedChange } from '#server/domain/change.ts';
import { migrate } from './migrate.ts';

/** Earlier versions can lose acknowledged rows when the write-ahead log is reset (fixed in SQLite 3.51.3). */
const MIN_SQLITE_VERSION = [3, 51, 3] as const;
const BUSY_TIMEOUT_MS = 5_000;

type Orm = BetterSQLite3Database;

/** What store functions read through: the database itself, or a transaction, which also sees its own writes. */
export interface Reader {
  readonly orm: Orm;
}

/** What store functions write through. */
export interface Transaction extends Reader {
  /** One instant for everything that the transaction writes, in epoch milliseconds. */
  readonly now: number;
  /** Changes recorded so far; subscribers hear of them after the commit. */
  readonly changes: RecordedChange[];
}

export interface Database extends Reader {
  /**
   * Runs `work` in one write transaction, one after the other; rolls back when it throws. Inside, only store functions are awaited: the
   * write lock is held meanwhile.
   * @throws AppError `store.disk_full` when there is no room
   */
  transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Calls back with the changes of every commit that recorded any. Returns the unsubscribe function. */
  onChanges(listener: (changes: readonly RecordedChange[]) => void): () => void;
  /** Answers whether the file can be read and written, for the health check. */
  check(): boolean;
  close(): void;
}

export interface DatabaseOptions {
  clock?: Clock;
  migrationsDir?: string;
}

/**
 * Opens the database, brings its schema up to date and asserts its settings. Two connections: one that only reads, so that nobody sees an
 * uncommitted row, and one that writes. The caller makes sure that no other process has the file open.
 * @throws Error when SQLite is too old, a setting does not hold, or the migrations do not fit
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const clock = options.clock ?? systemClock;
  assertSqliteVersion();
  const writer = openConnection(path);
  chmodSync(path, 0o600);
  migrate(writer, clock.now(), options.migrationsDir);
  const reader = openConnection(path);
  reader.pragma('query_only = ON');
  const write = drizzle({ client: writer });
  const listeners = new Set<(changes: readonly RecordedChange[]) => void>();
  const current = new AsyncLocalStorage<{ open: boolean }>();
  let last: Promise<unknown> = Promise.resolve();

  async function run<T>(
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<{ result: T; changes: RecordedChange[] }> {
    const scope = { open: true };
    const transaction: Transaction = { orm: write, now: clock.now(), changes: [] };
    try {
      writer.exec('BEGIN IMMEDIATE');
      const result = await current.run(scope, () => work(transaction));
      writer.exec('COMMIT');
      return { result, changes: transaction.changes };
    } catch (error) {
      if (writer.inTransaction) writer.exec('ROLLBACK');
      throw translateStoreError(error);
    } finally {
      scope.open = false;
    }
  }

  return {
    orm: drizzle({ client: reader }),
    async transact(work) {
      if (current.getStore()?.open)
        throw new Error('A transaction is open here: pass it on instead of opening another.');
      const turn = last.then(() => run(work));
      last = turn.catch(() => undefined);
      const { result, changes } = await turn;
      if (changes.length > 0) for (const listener of listeners) listener(changes);
      return result;
    },
    onChanges(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    check() {
      return reader.open && writer.open && reader.prepare('select 1').get() !== undefined;
    },
    close() {
      reader.close();
      writer.close();
    },
  };
}

function assertSqliteVersion(): void {
  const probe = new Sqlite(':memory:');
  const text = probe.prepare('select sqlite_version()').pluck().get() as string;
  probe.close();
  const version = text.split('.').map(Number);
  for (const [index, floor] of MIN_SQLITE_VERSION.entries()) {
    const part = version[index] ?? 0;
    if (part > floor) return;
    if (part < floor) throw new Error(`SQLite ${MIN_SQLITE_VERSION.join('.')} or newer is needed; this is ${text}.`);
  }
}

/** `synchronous` is set on every connection because the driver's compiled default for WAL is NORMAL, which may lose the last commits. */
function openConnection(path: string): Sqlite.Database {
  const connection = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  connection.pragma('mmap_size = 0');
  const wanted = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: BUSY_TIMEOUT_MS };
  for (const [name, value] of Object.entries(wanted)) {
    const actual = connection.pragma(name, { simple: true });
    if (actual !== value)
      throw new Error(`SQLite setting ${name} is ${String(actual)} instead of ${value} on ${path}.`);
  }
  return connection;
}

function translateStoreError(error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE') {
      return new AppError(
        'store.disk_full',
        'The disk of the data directory is full. Nothing was changed; free some room and try again.',
        {
          cause: error,
        },
      );
    }
  }
  return error;
}
