import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BASE_IMAGE, hasEngine, imageOf, startBuilder, type BuilderStand } from './builder-fixture.ts';
import { startFixtureRegistry } from './registry-fixture.ts';

describe.runIf(hasEngine)('images from a Dockerfile', { timeout: 60_000 }, () => {
  let stand: BuilderStand;
  let contextDir: string;

  beforeEach(async () => {
    contextDir = await mkdtemp(join(tmpdir(), 'viridian-context-'));
    stand = await startBuilder();
  });
  afterEach(async () => {
    await stand.close();
    await rm(contextDir, { recursive: true, force: true });
  });

  async function write(files: Record<string, string>): Promise<{ contextDir: string; dockerfilePath: string }> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(contextDir, name)), { recursive: true });
      await writeFile(join(contextDir, name), content);
    }
    return { contextDir, dockerfilePath: 'Dockerfile' };
  }

  test('a Dockerfile is built step by step, and cached steps are told apart', async () => {
    const build = await write({
      Dockerfile: `FROM ${BASE_IMAGE}\nCOPY app /app\nRUN echo made-in-${stand.installationId} && ls /app\nEXPOSE 9000\nENTRYPOINT ["/bin/cat", "/app/a.txt"]\n`,
      'app/a.txt': 'hello',
      'app/secret.pem': 'not for the image',
      '.dockerignore': '**/*.pem',
    });
    const state = await stand.build({ build });
    expect(imageOf(state)).toMatchObject({
      digest: null,
      entrypoint: ['/bin/cat', '/app/a.txt'],
      exposedPorts: [9000],
    });
    const first = await stand.log('k1');
    expect(first).toContainEqual(expect.stringMatching(/^Step 2\/\d: COPY app \/app$/));
    expect(first).toContain(`made-in-${stand.installationId}`);
    expect(first).toContain('a.txt');
    expect(first.join('\n')).not.toMatch(/secret\.pem| ---> /);
    expect(imageOf(await stand.build({ build }, { key: 'k2' })).imageId).not.toBe('');
    expect((await stand.log('k2')).filter((line) => line === '  from the cache').length).toBeGreaterThanOrEqual(2);
  });

  test('a rebuild runs every step anew, and takes what its base has become at the registry', async () => {
    const registry = await startFixtureRegistry();
    await registry.push('base', '1', { files: { from: 'old' } });
    const name = `${registry.host}/base:1`;
    const build = await write({ Dockerfile: `FROM ${name}\nCOPY a.txt /a.txt\n`, 'a.txt': 'a' });
    const first = imageOf(await stand.build({ build })).imageId;
    await stand.build({ build }, { key: 'k2' });
    expect(await stand.log('k2')).toContain('  from the cache');
    await registry.push('base', '1', { files: { from: 'new' } });
    const moved = imageOf(await stand.build({ build }, { key: 'k3', isRebuild: true })).imageId;
    expect(await stand.log('k3')).not.toContain('  from the cache');
    const layersOf = async (id: string): Promise<string[]> =>
      (await stand.docker.getImage(id).inspect()).RootFS.Layers ?? [];
    expect((await layersOf(moved))[0]).not.toBe((await layersOf(first))[0]);
    await registry.close();
    const alone = await stand.build({ build }, { key: 'k4', isRebuild: true });
    expect(alone).toMatchObject({ kind: 'ready', warnings: [expect.stringContaining('whether its tag has moved')] });
    await stand.builder.retain(new Set());
    await expect(stand.docker.getImage(name).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('a rebuild looks for no image at a registry that was made on this host', async () => {
    const build = await write({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN echo made-anew\n` });
    expect(await stand.build({ build }, { isRebuild: true })).toMatchObject({ kind: 'ready', warnings: [] });
    const again = await stand.build({ build }, { key: 'k2', isRebuild: true });
    expect(again).toMatchObject({ kind: 'ready', warnings: [] });
    expect(await stand.log('k2')).toContain('made-anew');
  });

  test('a step that fails is named, with its last lines', async () => {
    const build = await write({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN echo about to fail >&2; exit 7\n` });
    expect(await stand.build({ build })).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'deployment.build_failed',
        detail: expect.stringMatching(/^Step 2\/\d: RUN echo about to fail.* failed: .*non-zero code: 7/),
        logTail: expect.arrayContaining(['about to fail']),
      },
    });
  });

  test('a Dockerfile that is not there is said with what is there', async () => {
    const build = await write({ 'docker/Dockerfile.serve': 'FROM x', 'a.txt': '' });
    expect(await stand.build({ build })).toMatchObject({
      failure: {
        code: 'deployment.dockerfile_missing',
        detail: expect.stringMatching(/no file "Dockerfile".*mean "docker\/Dockerfile\.serve".*a\.txt/),
      },
    });
  });

  test('a path out of the context is refused', async () => {
    const build = { ...(await write({ Dockerfile: 'FROM x' })), dockerfilePath: 'a/../../Dockerfile' };
    expect(await stand.build({ build })).toMatchObject({ failure: { code: 'deployment.dockerfile_missing' } });
  });

  test('a Dockerfile that cannot be read says where', async () => {
    const build = await write({ Dockerfile: `FROM ${BASE_IMAGE}\nRUUN x\n` });
    expect(await stand.build({ build })).toMatchObject({
      failure: { code: 'deployment.build_failed', detail: expect.stringContaining('RUUN') },
    });
  });

  test('proxies and authorities reach the build and are not in the image', async () => {
    const proxy = 'http://user:pr0xy-pass@127.0.0.1:9';
    const caFile = join(stand.folder, 'ca.pem');
    await writeFile(caFile, '-----BEGIN CERTIFICATE-----\n');
    const settings = { VIRIDIAN_EXTRA_CA_FILE: caFile, VIRIDIAN_HTTP_PROXY: proxy, VIRIDIAN_NO_PROXY: 'localhost' };
    await stand.reopen({ settings: { ...stand.settings, ...settings } });
    const build = await write({
      Dockerfile: [
        `FROM ${BASE_IMAGE} AS work`,
        'COPY .viridian/extra-ca.crt /tmp/ca.crt',
        'RUN test -s /tmp/ca.crt && test -n "$http_proxy" && echo reached > /reached',
        `FROM ${BASE_IMAGE}`,
        'COPY --from=work /reached /reached',
        'RUN test -n "$HTTP_PROXY" && test "$NO_PROXY" = localhost',
      ].join('\n'),
    });
    const { imageId } = imageOf(await stand.build({ build }));
    const image = stand.docker.getImage(imageId);
    const told = JSON.stringify([await image.inspect(), await image.history(), await stand.log('k1')]);
    expect(told).not.toContain('pr0xy-pass');
    expect(told).not.toMatch(/"HTTP_PROXY=/i);
  });

  test('an image in FROM is pulled with the stored credentials, and its absence is an absent image', async () => {
    const registry = await startFixtureRegistry({ auth: 'basic' });
    await registry.push('base', '1', {});
    const credentials = async (host: string): Promise<{ username: string; password: string } | null> =>
      host === registry.host ? { username: 'robot', password: 'secret' } : null;
    await stand.reopen({ credentials });
    const build = await write({ Dockerfile: `FROM ${registry.host}/base:1\nCOPY a.txt /a.txt\n`, 'a.txt': 'a' });
    expect(imageOf(await stand.build({ build })).imageId).toMatch(/^sha256:/);
    await write({ Dockerfile: `FROM ${registry.host}/base:none\n` });
    expect(await stand.build({ build }, { key: 'k2' })).toMatchObject({
      failure: { code: 'deployment.image_not_found' },
    });
    await registry.close();
    await stand.builder.retain(new Set());
    await expect(stand.docker.getImage(`${registry.host}/base:1`).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });
});
