import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3';

const DEFAULT_FOLDER = join(import.meta.dirname, '..', '..', 'drizzle', 'migrations');
const STATEMENT_BREAK = '--> statement-breakpoint';

interface Migration {
  name: string;
  sql: string;
  sha256: string;
}

/**
 * Applies the migrations that are missing, oldest first, all in one exclusive transaction: a crash leaves the old schema or the new one, and
 * of two processes the second waits and then finds nothing to do. Our own instead of drizzle's, which takes no lock and silently skips a
 * file that is older than the newest applied one.
 * @throws Error when the database knows migrations that this release does not, or a file that was applied has changed
 */
export function migrate(connection: Sqlite.Database, now: number, folder: string = DEFAULT_FOLDER): void {
  const migrations = readMigrations(folder);
  connection.exec('BEGIN EXCLUSIVE');
  try {
    connection.exec(
      'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY NOT NULL, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL)',
    );
    const applied = connection.prepare('SELECT name, sha256 FROM migrations ORDER BY name').all() as Migration[];
    assertPrefix(applied, migrations);
    const record = connection.prepare('INSERT INTO migrations (name, sha256, applied_at) VALUES (?, ?, ?)');
    for (const migration of migrations.slice(applied.length)) {
      for (const statement of migration.sql.split(STATEMENT_BREAK)) connection.exec(statement);
      record.run(migration.name, migration.sha256, now);
    }
    const count = connection.prepare('SELECT count(*) FROM migrations').pluck().get();
    if (count !== migrations.length)
      throw new Error(`${migrations.length} migrations exist, ${String(count)} are applied.`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted();
  if (files.length === 0) throw new Error(`There are no migrations in ${folder}.`);
  return files.map((file) => {
    const sql = readFileSync(join(folder, file), 'utf8');
    return { name: file, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}

/** What was applied must be the beginning of what there is. */
function assertPrefix(applied: readonly Pick<Migration, 'name' | 'sha256'>[], migrations: readonly Migration[]): void {
  for (const [index, row] of applied.entries()) {
    const file = migrations[index];
    if (file === undefined || file.name !== row.name) {
      const known = file === undefined ? 'nothing' : file.name;
      throw new Error(
        `The database was made by another release: it has migration ${row.name} where this one has ${known}. Start the release that made it, or a newer one.`,
      );
    }
    if (file.sha256 !== row.sha256) throw new Error(`Migration ${row.name} was changed after it was applied.`);
  }
}
