import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasEngine, imageOf, startBuilder, type BuilderStand } from './builder-fixture.ts';
import { packFiles } from './registry-fixture.ts';

describe.runIf(hasEngine)('images from an archive', { timeout: 60_000 }, () => {
  let stand: BuilderStand;
  const made: string[] = [];

  beforeEach(async () => {
    stand = await startBuilder();
  });
  afterEach(() => stand.close(made.splice(0)));

  /** Makes an image of one file, saves the given names, and returns the archive's path. */
  async function save(...names: string[]): Promise<string> {
    for (const name of names) {
      const [repo, tag] = name.split(':');
      const stream = await stand.docker.importImage(
        (await toFile('layer.tar', await packFiles({ 'a.txt': name }))) as unknown as string,
        { repo, tag, changes: 'CMD ["/bin/serve"]' },
      );
      stream.resume();
      await new Promise((resolve) => stream.once('end', resolve));
      made.push(name);
    }
    const path = join(stand.folder, 'image.tar');
    const query = names.map((name) => `names=${encodeURIComponent(name)}`).join('&');
    const saved = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      stand.docker.modem.dial(
        { path: `/images/get?${query}&`, method: 'GET', isStream: true, statusCodes: { 200: true } },
        (error: unknown, stream: unknown) =>
          error ? reject(error as Error) : resolve(stream as NodeJS.ReadableStream),
      );
    });
    await pipeline(saved, createWriteStream(path));
    return path;
  }

  async function toFile(name: string, content: Buffer): Promise<string> {
    const path = join(stand.folder, name);
    await writeFile(path, content);
    return path;
  }

  test.each([
    ['plain', (content: Buffer): Buffer => content],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('a saved image (%s) is loaded under our name, and no name of the host moves', async (_how, compress) => {
    const name = `viridian-test-saved:${stand.installationId}`;
    const path = await save(name);
    const saved = await stand.docker.getImage(name).inspect();
    await stand.docker.getImage(name).remove();
    const imageArchive = await toFile('again', compress(await readFile(path)));
    const artifact = imageOf(await stand.build({ imageArchive }));
    expect(artifact).toMatchObject({ imageId: saved.Id, digest: null, command: ['/bin/serve'] });
    await expect(stand.docker.getImage(name).inspect()).rejects.toMatchObject({ statusCode: 404 });
    await stand.builder.retain(new Set());
    await expect(stand.docker.getImage(saved.Id).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('of several images the named one is taken, and without a name they are listed', async () => {
    const names = ['one', 'two'].map((name) => `viridian-test-${name}:${stand.installationId}`);
    const imageArchive = await save(...names);
    const wanted = await stand.docker.getImage(names[1] ?? '').inspect();
    expect(await stand.build({ imageArchive })).toMatchObject({
      failure: { code: 'deployment.image_invalid', detail: expect.stringContaining(names[0] ?? '') },
    });
    const image = names[1] ?? '';
    expect(imageOf(await stand.build({ imageArchive, image }, { key: 'k2' })).imageId).toBe(wanted.Id);
  });

  test.each([
    ['no tar', Buffer.from('hello hello hello')],
    ['a tar of something else', null],
  ])('%s is refused', async (_what, content) => {
    const imageArchive = await toFile('other.tar', content ?? (await packFiles({ 'a.txt': 'a' })));
    expect(await stand.build({ imageArchive })).toMatchObject({
      failure: { code: 'deployment.image_invalid', detail: expect.stringContaining('docker save') },
    });
  });
});
