import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileDurably } from './write-file-durably.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-durable-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('writes of one path at once leave the whole content of one of them, and nothing else', async () => {
  const path = join(folder, 'state.json');
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000 + index));
  await Promise.all(contents.map((content) => writeFileDurably(path, content)));
  expect(contents).toContain(await readFile(path, 'utf8'));
  expect(await readdir(folder)).toEqual(['state.json']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a write that fails leaves the old content and nothing else', async () => {
  const path = join(folder, 'state.json');
  await writeFileDurably(path, 'old');
  await expect(writeFileDurably(path, { length: 1 } as never)).rejects.toThrow('data');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['state.json']);
});
