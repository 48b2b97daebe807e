import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Transaction } from './database.ts';
import { listChangesAfter, readFeedPosition, recordChange } from './change-feed.ts';
import { findEndpoint, insertEndpoint, listEndpoints } from './endpoint-store.ts';
import { createTestDatabase, PLAIN_ENDPOINT } from './store-fixture.ts';

const MIGRATIONS = join(import.meta.dirname, '..', '..', 'drizzle', 'migrations');

let fixture: ReturnType<typeof createTestDatabase>;
beforeEach(() => {
  fixture = createTestDatabase();
});
afterEach(() => fixture.remove());

test('the file is readable by its owner only and keeps a write-ahead log', () => {
  expect(readdirSync(fixture.folder)).toContain('viridian.db-wal');
  expect(statSync(join(fixture.folder, 'viridian.db')).mode & 0o777).toBe(0o600);
});

test('readers see a transaction only after its commit', async () => {
  const { database } = fixture;
  await database.transact(async (transaction) => {
    await insertEndpoint(transaction, 'iris', PLAIN_ENDPOINT);
    expect(await findEndpoint(transaction, 'iris')).not.toBeNull();
    expect(await findEndpoint(database, 'iris')).toBeNull();
  });
  expect(await findEndpoint(database, 'iris')).not.toBeNull();
});

test('a transaction that throws leaves nothing and tells nobody', async () => {
  const { database } = fixture;
  const heard: unknown[] = [];
  database.onChanges((changes) => heard.push(...changes));
  const failing = database.transact(async (transaction) => {
    await insertEndpoint(transaction, 'iris', PLAIN_ENDPOINT);
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await findEndpoint(database, 'iris')).toBeNull();
  expect(heard).toEqual([]);
});

test('transactions run one after the other and the changes of each arrive together', async () => {
  const { database } = fixture;
  const heard: string[][] = [];
  const stop = database.onChanges((changes) => heard.push(changes.map((change) => change.resource)));
  await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      database.transact(async (transaction) => {
        await recordChange(transaction, { resource: `${name}1`, kind: 'updated', revision: null });
        await Promise.resolve();
        await recordChange(transaction, { resource: `${name}2`, kind: 'updated', revision: null });
      }),
    ),
  );
  stop();
  expect(heard).toEqual([
    ['a1', 'a2'],
    ['b1', 'b2'],
    ['c1', 'c2'],
  ]);
  expect((await listChangesAfter(database, 2, 10)).map((change) => change.resource)).toEqual(['b1', 'b2', 'c1', 'c2']);
  expect(await readFeedPosition(database)).toEqual({ oldest: 0, newest: 6 });
});

test('a transaction inside another is refused instead of waiting for itself for ever', async () => {
  const { database } = fixture;
  const nested = database.transact(() => database.transact(async () => 1));
  await expect(nested).rejects.toThrow(/pass it on/);
  expect(await database.transact(async () => 2)).toBe(2);
});

test('work started inside a transaction may open its own once that one has ended', async () => {
  const { database } = fixture;
  let later: Promise<number> | undefined;
  await database.transact(async () => {
    later = new Promise((resolve) => setImmediate(resolve)).then(() => database.transact(async () => 7));
  });
  expect(await later).toBe(7);
});

test('the reading connection cannot write', async () => {
  const asIfWriting: Transaction = { orm: fixture.database.orm, now: 0, changes: [] };
  await expect(insertEndpoint(asIfWriting, 'iris', PLAIN_ENDPOINT)).rejects.toThrow(/readonly/);
});

test('a second start finds the schema in place, and a foreign or changed migration is refused', () => {
  const path = join(fixture.folder, 'again.db');
  const folder = join(fixture.folder, 'migrations');
  mkdirSync(folder);
  const files = readdirSync(MIGRATIONS).filter((file) => file.endsWith('.sql'));
  for (const file of files) copyFileSync(join(MIGRATIONS, file), join(folder, file));
  openDatabase(path, { migrationsDir: folder }).close();
  openDatabase(path, { migrationsDir: folder }).close();

  writeFileSync(join(folder, '9999_next.sql'), 'CREATE TABLE next (a INTEGER);');
  openDatabase(path, { migrationsDir: folder }).close();
  expect(() => openDatabase(path)).toThrow(/another release/);

  writeFileSync(join(folder, '9999_next.sql'), 'CREATE TABLE next (b INTEGER);');
  expect(() => openDatabase(path, { migrationsDir: folder })).toThrow(/changed after it was applied/);
});

test('a migration that fails half way leaves the old schema', () => {
  const path = join(fixture.folder, 'half.db');
  const folder = join(fixture.folder, 'broken');
  mkdirSync(folder);
  writeFileSync(join(folder, '0000_a.sql'), 'CREATE TABLE a (x INTEGER);');
  openDatabase(path, { migrationsDir: folder }).close();
  writeFileSync(join(folder, '0001_b.sql'), 'CREATE TABLE b (x INTEGER);--> statement-breakpoint\nnonsense;');
  expect(() => openDatabase(path, { migrationsDir: folder })).toThrow(/syntax error/);
  // Making the same table succeeds only because nothing of the failed attempt is left.
  writeFileSync(join(folder, '0001_b.sql'), 'CREATE TABLE b (x INTEGER);');
  openDatabase(path, { migrationsDir: folder }).close();
});

test('a full disk is an answer, leaves nothing half-written, and is over when there is room', async () => {
  const { database } = fixture;
  const limitPages = (count: number) =>
    database.transact(async (transaction) => void transaction.orm.run(`pragma max_page_count = ${count}`));
  const fill = (name: string) =>
    database.transact((transaction) =>
      insertEndpoint(transaction, name, { ...PLAIN_ENDPOINT, description: 'x'.repeat(1_000_000) }),
    );
  // SQLite keeps the limit at the size that the file has by now.
  await limitPages(1);
  await expect(fill('iris')).rejects.toMatchObject({ code: 'store.disk_full' });
  expect(await findEndpoint(database, 'iris')).toBeNull();
  await limitPages(1_000_000);
  await fill('iris');
  expect(await findEndpoint(database, 'iris')).not.toBeNull();
});

test('endpoints that were made before each get an identity of their own', async () => {
  const earlier = join(fixture.folder, 'earlier');
  const path = join(fixture.folder, 'upgraded.db');
  mkdirSync(earlier);
  copyFileSync(join(MIGRATIONS, '0000_start.sql'), join(earlier, '0000_start.sql'));
  const old = openDatabase(path, { migrationsDir: earlier });
  for (const name of ['iris', 'wine']) {
    const values = `'${name}', '', '{}', '{}', 'key', 'enabled', NULL, NULL, NULL, NULL, 0, 0, 0, '[]', '{}', '{}', 'run', 1, 0, 0`;
    await old.transact(async ({ orm }) => void orm.run(`INSERT INTO endpoints VALUES (${values})`));
  }
  old.close();
  const upgraded = openDatabase(path);
  const found = await listEndpoints(upgraded);
  upgraded.close();
  expect(found.map(({ allowedNetworks }) => allowedNetworks)).toEqual([[], []]);
  expect(new Set(found.map(({ uid }) => uid)).size).toBe(2);
  for (const { uid } of found) expect(uid).toMatch(/^[0-9a-f]{32}$/);
});
