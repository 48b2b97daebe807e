import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTexts } from './read-texts.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-texts-'));
  await mkdir(join(folder, 'parts'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('texts of a folder', () => {
  test('are given as they were written, and what is no text is not', async () => {
    await writeFile(join(folder, 'score.py'), '\uFEFFname = "Zoë"\r\n');
    await writeFile(join(folder, 'parts', 'weights.bin'), Buffer.from([0x93, 0xff, 0x01]));
    await writeFile(join(folder, 'parts', 'zeros.txt'), 'a\0b');
    expect(await readTexts(folder, ['parts/weights.bin', 'parts/zeros.txt', 'score.py'], 1000)).toEqual([
      { path: 'parts/weights.bin', sizeBytes: 3, text: null },
      { path: 'parts/zeros.txt', sizeBytes: 3, text: null },
      { path: 'score.py', sizeBytes: 18, text: '\uFEFFname = "Zoë"\r\n' },
    ]);
  });

  test('stay within the limit together, and a short one after a long one is still read', async () => {
    await writeFile(join(folder, 'a.txt'), 'x'.repeat(60));
    await writeFile(join(folder, 'b.txt'), 'x'.repeat(60));
    await writeFile(join(folder, 'c.txt'), 'short');
    const texts = await readTexts(folder, ['a.txt', 'b.txt', 'c.txt'], 100);
    expect(texts.map(({ text }) => text)).toEqual(['x'.repeat(60), null, 'short']);
  });
});
