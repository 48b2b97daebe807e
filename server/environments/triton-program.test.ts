import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTriton } from './triton-program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-triton-program-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('Triton is found on the PATH or by its path', async () => {
  const path = join(folder, 'tritonserver');
  await writeFile(path, '');
  await chmod(path, 0o755);
  expect(findTriton('tritonserver', `/none:${folder}`)).toEqual({ available: true, version: path });
  expect(findTriton(path, '')).toEqual({ available: true, version: path });
});

test('what is no program is none, and the fix is told', async () => {
  await mkdir(join(folder, 'tritonserver'));
  await writeFile(join(folder, 'other'), '');
  expect(findTriton('tritonserver', folder)).toEqual({
    available: false,
    reason: 'There is no program tritonserver on the PATH.',
    fix: expect.stringContaining('VIRIDIAN_TRITONSERVER'),
  });
  expect(findTriton(join(folder, 'other'), '').available).toBe(false);
});
