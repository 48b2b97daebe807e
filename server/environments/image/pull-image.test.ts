import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasEngine, imageOf, requestOf, startBuilder, type BuilderStand } from './builder-fixture.ts';
import { startFixtureRegistry, type FixtureRegistry } from './registry-fixture.ts';

describe.runIf(hasEngine)('images from a registry', { timeout: 60_000 }, () => {
  let stand: BuilderStand;
  let registry: FixtureRegistry;
  let pulled: string[];

  const open = async (options = {}, change = {}): Promise<void> => {
    registry = await startFixtureRegistry(options);
    stand = await startBuilder(change);
  };
  const nameOf = (name: string): string => {
    pulled.push(`${registry.host}/${name}`);
    return `${registry.host}/${name}`;
  };

  beforeEach(() => {
    pulled = [];
  });
  afterEach(async () => {
    await stand.close(pulled);
    await registry.close();
  });

  test('an image is pulled once, pinned by digest, and described', async () => {
    await open();
    const config = { ExposedPorts: { '8501/tcp': {} }, Cmd: ['/serve'], User: '1000' };
    const digest = await registry.push('team/model', '1', { config });
    const state = await stand.build({ image: nameOf('team/model:1') });
    expect(imageOf(state)).toMatchObject({
      digest: `${registry.host}/team/model@${digest}`,
      exposedPorts: [8501],
      command: ['/serve'],
      entrypoint: [],
      user: '1000',
      python: null,
    });
    const lines = await stand.log('k1');
    expect(lines[0]).toMatch(/^Pulling 127\.0\.0\.1:\d+\/team\/model:1 from/);
    expect(lines).toContainEqual(expect.stringMatching(/^100 %: .* 1 of 1 layers ready$/));
    expect(lines.at(-1)).toContain(digest);
    const asked = registry.requests.length;
    expect(await stand.build({ image: nameOf('team/model:1') })).toEqual(state);
    expect(registry.requests).toHaveLength(asked);
  });

  test('a tag that moves changes nothing for what is built, also after the engine lost the image', async () => {
    await open();
    await registry.push('m', '1', { files: { a: 'old' } });
    const old = imageOf(await stand.build({ image: nameOf('m:1') }));
    await registry.push('m', '1', { files: { a: 'new' } });
    await stand.reopen();
    expect(imageOf(await stand.build({ image: nameOf('m:1') }))).toEqual(old);
    await stand.docker.getImage(old.imageId).remove({ force: true });
    expect(imageOf(await stand.build({ image: nameOf('m:1') }))).toEqual(old);
    expect(imageOf(await stand.build({ image: `${registry.host}/m:1` }, { key: 'k2' })).imageId).not.toBe(old.imageId);
  });

  test('a build anew sees that a tag has moved, and does without its registry', async () => {
    await open();
    const image = nameOf('m:1');
    await registry.push('m', '1', { files: { a: 'old' } });
    const old = imageOf(await stand.build({ image }));
    await registry.push('m', '1', { files: { a: 'new' } });
    const fresh = imageOf(await stand.build({ image }, { key: 'k2' }));
    expect(fresh.imageId).not.toBe(old.imageId);
    await registry.close();
    const state = await stand.build({ image }, { key: 'k3' });
    expect(imageOf(state).imageId).toBe(fresh.imageId);
    expect(state).toMatchObject({ warnings: [expect.stringContaining('whether its tag has moved')] });
    await stand.builder.retain(new Set(['k1']));
    expect((await stand.docker.getImage(old.imageId).inspect()).Id).toBe(old.imageId);
    await expect(stand.docker.getImage(fresh.imageId).inspect()).rejects.toMatchObject({ statusCode: 404 });
    registry = await startFixtureRegistry();
  });

  test('an image that is here already is used without asking its registry, and left when nobody needs it', async () => {
    await open();
    await registry.push('m', '1', {});
    const name = nameOf('m:1');
    const { imageId } = imageOf(await stand.build({ image: name }));
    await stand.docker.getImage(imageId).tag({ repo: 'viridian-test-mine', tag: stand.installationId });
    pulled.push(`viridian-test-mine:${stand.installationId}`);
    await stand.builder.retain(new Set());
    const asked = registry.requests.length;
    const mine = `viridian-test-mine:${stand.installationId}`;
    expect(imageOf(await stand.build({ image: mine })).imageId).toBe(imageId);
    expect(await stand.log('k1')).toEqual([expect.stringContaining('is on this host already')]);
    expect(registry.requests).toHaveLength(asked);
    await stand.builder.retain(new Set());
    expect((await stand.docker.getImage(mine).inspect()).Id).toBe(imageId);
    await expect(stand.docker.getImage(name).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('a rebuild looks up again what somebody else pulled, and leaves them their name', async () => {
    await open();
    const image = nameOf('m:1');
    await registry.push('m', '1', { files: { a: 'old' } });
    const stream = await stand.docker.pull(image);
    await new Promise((resolve) => stand.docker.modem.followProgress(stream, resolve));
    const old = imageOf(await stand.build({ image })).imageId;
    await registry.push('m', '1', { files: { a: 'new' } });
    expect(imageOf(await stand.build({ image }, { key: 'k2' })).imageId).toBe(old);
    const fresh = imageOf(await stand.build({ image }, { key: 'k3', isRebuild: true })).imageId;
    expect(fresh).not.toBe(old);
    await stand.builder.retain(new Set());
    expect((await stand.docker.getImage(image).inspect()).Id).toBe(fresh);
  });

  test.each(['basic', 'bearer'] as const)('stored credentials open a registry with %s authentication', async (auth) => {
    const credentials = async (host: string): Promise<{ username: string; password: string } | null> =>
      host === registry.host ? { username: 'robot', password: 'secret' } : null;
    await open({ auth }, { credentials });
    await registry.push('m', '1', {});
    expect(imageOf(await stand.build({ image: nameOf('m:1') })).digest).toContain(registry.host);
    expect((await stand.log('k1')).join('\n')).not.toContain('secret');
  });

  test.each(['basic', 'bearer'] as const)('wrong and missing credentials are told apart (%s)', async (auth) => {
    await open({ auth });
    const image = nameOf('m:1');
    await registry.push('m', '1', {});
    expect(await stand.build({ image })).toMatchObject({
      kind: 'failed',
      failure: { code: 'deployment.registry_denied', detail: expect.stringContaining('none are stored') },
    });
    await stand.reopen({ credentials: async () => ({ username: 'robot', password: 'wr0ng-one' }) });
    const state = await stand.build({ image }, { attempt: 'a2' });
    expect(state).toMatchObject({
      failure: { code: 'deployment.registry_denied', detail: expect.stringContaining('refuses the stored') },
    });
    expect(JSON.stringify([state, await stand.log('k1')])).not.toContain('wr0ng-one');
  });

  test('a name that the registry does not have is said, and tried again only for another attempt', async () => {
    await open();
    const image = nameOf('m:none');
    const failed = await stand.build({ image });
    expect(failed).toMatchObject({
      failure: { code: 'deployment.image_not_found', detail: expect.stringContaining('m:none') },
    });
    await registry.push('m', 'none', {});
    expect(await stand.build({ image })).toEqual(failed);
    expect(imageOf(await stand.build({ image }, { attempt: 'a2' })).imageId).toMatch(/^sha256:/);
  });

  test('a registry that does not answer is unreachable', async () => {
    await open();
    const image = nameOf('m:1');
    await registry.close();
    expect(await stand.build({ image })).toMatchObject({ failure: { code: 'deployment.registry_unreachable' } });
    registry = await startFixtureRegistry();
  });

  test.each([
    ['an image', false],
    ['a list of images', true],
  ])('%s for another processor is refused', async (_what, isList) => {
    await open();
    const architecture = process.arch === 'arm64' ? 'amd64' : 'arm64';
    if (isList) await registry.pushList('m', '1', [{ architecture }]);
    else await registry.push('m', '1', { architecture });
    expect(await stand.build({ image: nameOf('m:1') })).toMatchObject({
      failure: { code: 'deployment.wrong_architecture', detail: expect.stringContaining('processor') },
    });
  });

  test('of a list of images the one for this host is taken', async () => {
    await open();
    const digest = await registry.pushList('m', '1', [{ architecture: 'arm64' }, { architecture: 'amd64' }]);
    expect(imageOf(await stand.build({ image: nameOf('m:1') })).digest).toContain(digest);
  });

  test('a text that is no reference is refused with the reason', async () => {
    await open();
    expect(await stand.build({ image: '../etc' })).toMatchObject({
      failure: { code: 'deployment.image_invalid', detail: expect.stringContaining('not a registry') },
    });
  });

  test('a build that nobody wants any more ends, and so does one that is stopped; neither has failed', async () => {
    await open();
    await registry.push('m', '1', {});
    registry.hold(new Promise(() => undefined));
    const image = nameOf('m:1');
    expect(await stand.builder.ensure(requestOf({ image }))).toMatchObject({ kind: 'building' });
    expect(await stand.builder.ensure(requestOf({ image }))).toMatchObject({ kind: 'building' });
    await stand.builder.retain(new Set());
    expect(await stand.builder.find('k1')).toBeNull();
    await stand.builder.ensure(requestOf({ image }));
    await stand.builder.stop();
    expect(await stand.builder.find('k1')).toBeNull();
    registry.hold(Promise.resolve());
    await stand.reopen();
    expect(imageOf(await stand.build({ image })).digest).toContain(registry.host);
  });
});

test('an engine that is not there is said', async () => {
  const stand = await startBuilder({ socketPath: '/nonexistent/docker.sock' });
  expect(await stand.build({ image: 'debian' })).toMatchObject({
    kind: 'failed',
    failure: { code: 'deployment.runtime_unavailable', detail: expect.stringContaining('/nonexistent/docker.sock') },
  });
  await stand.close();
});
