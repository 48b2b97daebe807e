import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureDataDir, type DataDir } from '#server/kernel/data-dir.ts';
import { openDatabase } from '#server/store/database.ts';
import { runUntilKilled } from './run-until-killed.ts';

/** Points tried; `VIRIDIAN_EVERY_KILL_POINT=1` tries every one, which takes minutes. */
const SAMPLED_POINTS = 5;
const EVERY_POINT = process.env['VIRIDIAN_EVERY_KILL_POINT'] === '1';

/** A second kill, in the middle of the sweep that follows the first. */
const POINT_IN_SWEEP = 2;

const ENTRY = join(import.meta.dirname, 'keep-files-once.ts');

let dataDir: DataDir;
beforeEach(async () => {
  dataDir = ensureDataDir(await mkdtemp(join(tmpdir(), 'viridian-sweep-')));
});
afterEach(() => rm(dataDir.root, { recursive: true, force: true }));

const run = (intent: 'work' | 'none', killAt: number): Promise<number | null> =>
  runUntilKilled(ENTRY, [dataDir.root, intent, String(killAt)]);

/** What lies there and what rows name. */
async function census() {
  const database = openDatabase(dataDir.database);
  const versions = database.orm.all<{ path: string }>(
    `select model_name || '/' || version as path from model_versions`,
  );
  const uploads = database.orm.all<{ id: string }>('select id from uploads');
  const halfDone = database.orm.all(
    `select id from operations where status = 'running'
     union all select name from models where name not in (select model_name from model_versions)`,
  );
  database.close();
  const folders: string[] = [];
  for (const model of await readdir(dataDir.models))
    for (const version of await readdir(join(dataDir.models, model))) folders.push(`${model}/${version}`);
  return {
    models: folders.toSorted(),
    namedModels: versions.map(({ path }) => path).toSorted(),
    uploads: (await readdir(dataDir.uploads)).toSorted(),
    /** Registrations that nobody goes on with, models without versions, and what was fetched for them. */
    halfDone: [...halfDone, ...(await readdir(dataDir.imports))],
    namedUploads: uploads.map(({ id }) => id).toSorted(),
  };
}

test('files beside a database that was lost stay where they are', { timeout: 60_000 }, async () => {
  await run('work', 0);
  const before = (await census()).models;
  for (const suffix of ['', '-wal', '-shm']) await rm(`${dataDir.database}${suffix}`, { force: true });
  await run('none', 0);
  const { models, namedModels } = await census();
  expect({ models, namedModels }).toEqual({ models: before, namedModels: [] });
  expect(before.length).toBeGreaterThan(0);
});

test(
  'whenever it is killed, the next start leaves every file that a row names and no other, and no registration half done',
  { timeout: EVERY_POINT ? 1_800_000 : 120_000 },
  async () => {
    const total = (await run('work', 0)) ?? 0;
    expect(total).toBeGreaterThan(50);
    const stride = EVERY_POINT ? 1 : Math.ceil(total / SAMPLED_POINTS);
    for (let point = 1; point <= total; point += stride) {
      await run('work', point);
      await run('none', POINT_IN_SWEEP);
      await run('none', 0);
      const { models, namedModels, uploads, namedUploads, halfDone } = await census();
      const wanted = { point, models: namedModels, uploads: namedUploads, halfDone: [] };
      expect({ point, models, uploads, halfDone }).toEqual(wanted);
      expect(models.length).toBeGreaterThan(0);
    }
  },
);
