import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStoredFiles } from './stored-files.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'viridian-stored-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the same files that many put away at a time are stored once, and nobody fails', async () => {
  const from = join(folder, 'score.py');
  await writeFile(from, 'code');
  const root = join(folder, 'files');
  const stored = createStoredFiles(root);
  const source = { files: [{ from, segments: ['src', 'score.py'] }], immutable: false };
  const sets = await Promise.all(Array.from({ length: 20 }, () => stored.store(source)));
  const id = sets[0]?.id ?? '';
  expect(new Set(sets.map((set) => set.id))).toEqual(new Set([id]));
  expect(await readdir(root)).toEqual([id]);
  expect(await stored.list(id)).toEqual(['src/score.py']);
});
