import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import { engineSocket, hasEngine, imageOf, requestOf, startBuilder, type BuilderStand } from './builder-fixture.ts';
import { BUILD_LABEL } from './labels.ts';
import { startFixtureRegistry, type FixtureRegistry } from './registry-fixture.ts';

/** The engine behind a socket that can be taken away, as when its daemon ends. */
async function startCuttableEngine(path: string): Promise<{ cut(): Promise<void>; restore(): Promise<void> }> {
  const open = new Set<Socket>();
  let server: Server | null = null;

  async function restore(): Promise<void> {
    server = createServer((socket) => {
      const engine = connect(engineSocket);
      for (const end of [socket, engine]) {
        open.add(end);
        end
          .on('error', () => undefined)
          .on('close', () => {
            open.delete(end);
            socket.destroy();
            engine.destroy();
          });
      }
      socket.pipe(engine).pipe(socket);
    });
    await new Promise<void>((resolve) => server?.listen(path, resolve));
  }

  async function cut(): Promise<void> {
    const closed = new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
    for (const socket of open) socket.destroy();
    await closed;
    await rm(path, { force: true });
  }

  await restore();
  return { cut, restore };
}

describe.runIf(hasEngine)('the builder of images', { timeout: 60_000 }, () => {
  let stand: BuilderStand;
  let registry: FixtureRegistry;

  beforeEach(async () => {
    registry = await startFixtureRegistry();
    stand = await startBuilder();
  });
  afterEach(async () => {
    await stand.close();
    await registry.close();
  });

  const stepOf = async (key: string): Promise<string | undefined> => {
    const state = (await stand.builder.find(key))?.state;
    return state?.kind === 'building' ? state.step : state?.kind;
  };
  const exists = async (reference: string): Promise<boolean> =>
    stand.docker
      .getImage(reference)
      .inspect()
      .then(
        () => true,
        () => false,
      );

  test('a build that the end of the engine cuts begins anew when the engine is back', async () => {
    const socketPath = join(stand.folder, 'engine.sock');
    const engine = await startCuttableEngine(socketPath);
    await stand.reopen({ socketPath });
    await registry.push('m', '1', {});
    let release = (): void => undefined;
    registry.hold(new Promise((resolve) => (release = resolve)));
    await stand.builder.ensure(requestOf({ image: `${registry.host}/m:1` }));
    await eventually(() => registry.requests.some((request) => request.includes('/blobs/')), 'the pull');
    await engine.cut();
    await eventually(async () => (await stepOf('k1'))?.startsWith('Waiting for the Docker engine'), 'the wait');
    release();
    await engine.restore();
    await eventually(async () => (await stepOf('k1')) === 'ready', 'the image');
    expect((await stand.log('k1')).join('\n')).toContain('begins anew');
    await stand.builder.retain(new Set());
    expect(await exists(`${registry.host}/m:1`)).toBe(false);
    await stand.reopen();
    await engine.cut();
  });

  test('what is built stays built while the engine is away, and what is not fails and is tried again by itself', async () => {
    const socketPath = join(stand.folder, 'engine.sock');
    const engine = await startCuttableEngine(socketPath);
    await stand.reopen({ socketPath });
    await registry.push('m', '1', {});
    const image = `${registry.host}/m:1`;
    const ready = await stand.build({ image });
    await engine.cut();
    expect(await stand.build({ image })).toEqual(ready);
    expect(await stand.build({ image }, { key: 'k2' })).toMatchObject({
      failure: { code: 'deployment.runtime_unavailable' },
    });
    await stand.builder.retain(new Set());
    expect(await stand.builder.find('k1')).not.toBeNull();
    await engine.restore();
    expect(imageOf(await stand.build({ image }, { key: 'k2' }))).toEqual(imageOf(ready));
    await stand.reopen();
    await engine.cut();
  });

  test('two builds run at once and the next waits for its turn', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await registry.push(name, '1', { files: { name } });
    let release = (): void => undefined;
    registry.hold(new Promise((resolve) => (release = resolve)));
    for (const name of names) {
      await stand.builder.ensure(requestOf({ image: `${registry.host}/${name}:1` }, { key: name }));
    }
    await eventually(async () => (await stepOf('b'))?.startsWith('Pulling'), 'the second pull');
    expect(await stepOf('c')).toBe('Waiting for its turn');
    release();
    for (const name of names) await eventually(async () => (await stepOf(name)) === 'ready', name);
  });

  test('hints come with what goes on', async () => {
    await registry.push('m', '1', {});
    const hinted = new Set<string | undefined>();
    const stop = stand.builder.onHint((key) => void stepOf(key).then((step) => hinted.add(step?.split(' ')[0])));
    await stand.build({ image: `${registry.host}/m:1` });
    await eventually(() => hinted.has('ready'), 'the hint of the end');
    stop();
    expect([...hinted]).toEqual(expect.arrayContaining(['ready']));
  });

  test('what nobody uses stays as far as the cache goes, and what a container runs on stays', async () => {
    await registry.push('m', '1', {});
    const image = `${registry.host}/m:1`;
    const { imageId } = imageOf(await stand.build({ image }));
    await stand.reopen({ settings: { ...stand.settings, VIRIDIAN_IMAGE_CACHE_MIB: 100 } });
    await stand.builder.retain(new Set());
    expect(await exists(imageId)).toBe(true);
    await stand.reopen();
    const container = await stand.docker.createContainer({ Image: imageId, Cmd: ['/none'] });
    await stand.builder.retain(new Set());
    expect(await exists(imageId)).toBe(true);
    await container.remove();
    await stand.builder.retain(new Set());
    expect(await exists(imageId)).toBe(false);
    expect(await stand.builder.find('k1')).toBeNull();
  });

  test('an image that two builds have goes with the last of them', async () => {
    await registry.push('m', '1', {});
    const image = `${registry.host}/m:1`;
    const { imageId } = imageOf(await stand.build({ image }));
    expect(imageOf(await stand.build({ image }, { key: 'k2' })).imageId).toBe(imageId);
    await stand.builder.retain(new Set(['k2']));
    expect(await exists(image)).toBe(true);
    await stand.builder.retain(new Set());
    expect(await exists(imageId)).toBe(false);
  });

  test('images that a crash left without a record are found by their name and removed; those of others are not', async () => {
    const own = `viridian.local/${stand.installationId}:lost`;
    const other = `viridian.local/other-${stand.installationId}:x`;
    for (const tag of [own, other]) {
      const installation = tag.split(/[/:]/)[1];
      await registry.push('m', '1', { files: { tag } });
      const { imageId } = imageOf(await stand.build({ image: `${registry.host}/m:1` }, { key: `of-${installation}` }));
      await stand.docker
        .getImage(imageId)
        .tag({ repo: tag.slice(0, tag.lastIndexOf(':')), tag: tag.split(':')[1] ?? '' });
      await stand.builder.retain(new Set());
    }
    expect(await exists(own)).toBe(false);
    expect(await exists(other)).toBe(true);
    await stand.docker.getImage(other).remove();
  });

  test('containers of builds that a crash left are removed at the start, and none else', async () => {
    await registry.push('m', '1', { config: { Labels: { [BUILD_LABEL]: '' } } });
    const { imageId } = imageOf(await stand.build({ image: `${registry.host}/m:1` }));
    const Labels = { [BUILD_LABEL]: stand.installationId };
    const left = await stand.docker.createContainer({ Image: imageId, Cmd: ['/none'], Labels });
    const other = await stand.docker.createContainer({ Image: imageId, Cmd: ['/none'] });
    await stand.reopen();
    await expect(left.inspect()).rejects.toMatchObject({ statusCode: 404 });
    await other.remove();
  });
});
