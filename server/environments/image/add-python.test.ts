import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFixtureRegistry } from './registry-fixture.ts';
import { classifyCondaFailure } from './install-conda.ts';
import { BUILD_LABEL } from './labels.ts';
import { BASE_IMAGE, hasEngine, imageOf, startBuilder, type BuilderStand } from './builder-fixture.ts';

/** Each build fetches packages and starts a container. */
const SLOW = { timeout: 60_000 };

describe.runIf(hasEngine)('Python packages on an image', SLOW, () => {
  let stand: BuilderStand;
  let key = '';
  let count = 0;

  // One for all: uv is fetched once.
  beforeAll(async () => {
    stand = await startBuilder();
  });
  afterAll(() => stand.close());
  beforeEach(async () => {
    count += 1;
    key = `k${count}`;
    await stand.reopen();
  });
  afterEach(() => stand.builder.retain(new Set()));

  /** What a command writes in a container of the image. */
  async function runIn(imageId: string, command: string[]): Promise<string> {
    const chunks: Buffer[] = [];
    const output = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
    const labels = { 'viridian-test': stand.installationId };
    const [, container] = await stand.docker.run(imageId, command, output, {
      Tty: true,
      Labels: labels,
      HostConfig: { NetworkMode: 'none', ReadonlyRootfs: true },
    });
    await container.remove({ force: true });
    return Buffer.concat(chunks).toString('utf8').trim();
  }

  test('a conda file becomes a locked environment of its own, and settings of the build stay out of the image', async () => {
    const condaFile = 'dependencies:\n- python=3.11\n- pip:\n  - six==1.17.0\n';
    const state = await stand.build({ image: BASE_IMAGE, condaFile }, { key });
    const { imageId, python } = imageOf(state);
    expect(python).toBe('/opt/viridian/env/bin/python');
    const program = 'import six, sys; print(six.__version__, sys.prefix)';
    expect(await runIn(imageId, [python ?? '', '-c', program])).toBe('1.17.0 /opt/viridian/env');
    expect((await stand.builder.find(key))?.packages).toContainEqual({ name: 'six', version: '1.17.0' });
    expect(await runIn(imageId, ['cat', '/opt/viridian/lock.txt'])).toContain('--hash=sha256:');
    const image = await stand.docker.getImage(imageId).inspect();
    const base = await stand.docker.getImage(BASE_IMAGE).inspect();
    expect(image.Config.Env).toEqual(base.Config.Env);
    expect(image.Config.Entrypoint ?? []).toEqual(base.Config.Entrypoint ?? []);
    expect(image.Config.Cmd ?? []).toEqual(base.Config.Cmd ?? []);
    expect(await runIn(imageId, ['find', '/', '-xdev', '-path', '*viridian-*'])).toBe('/opt/viridian-build');
    expect(
      await stand.docker.listContainers({ all: true, filters: { label: [`${BUILD_LABEL}=${stand.installationId}`] } }),
    ).toEqual([]);
  });

  test('lines of pip go into the Python of the image', async () => {
    const state = await stand.build({ image: BASE_IMAGE, pipRequirements: 'six==1.16.0\n' }, { key });
    const { imageId, python } = imageOf(state);
    expect(python).toMatch(/^\/usr\/bin\/python3/);
    expect(await runIn(imageId, [python ?? '', '-c', 'import six; print(six.__version__)'])).toBe('1.16.0');
  });

  test('what our model server likes is added, and left out with a warning where it cannot be', async () => {
    await stand.reopen({ servingRequirements: ['six==1.17.0', 'no-such-package-of-anybody-2b1c==9'] });
    const state = await stand.build({ image: BASE_IMAGE }, { key, servesPython: true });
    const { python } = imageOf(state);
    expect(python).toMatch(/python3/);
    expect(state).toMatchObject({ warnings: [expect.stringContaining('no-such-package-of-anybody-2b1c')] });
    expect((await stand.builder.find(key))?.packages).toContainEqual({ name: 'six', version: '1.17.0' });
  });

  test('an image without a shell is refused with what to do', async () => {
    const registry = await startFixtureRegistry();
    await registry.push('m', '1', {});
    expect(await stand.build({ image: `${registry.host}/m:1`, pipRequirements: 'six' }, { key })).toMatchObject({
      failure: { code: 'deployment.image_invalid', detail: expect.stringContaining('/bin/sh') },
    });
    await registry.close();
    await stand.docker.getImage(`${registry.host}/m:1`).remove();
  });

  test.each([
    ['deployment.package_not_found', 'no-such-package-of-anybody-2b1c==9.9'],
    ['deployment.packages_conflict', 'six==1.17.0\npython-dateutil==2.9.0\nsix<1.5'],
  ])('%s is told from the words of the solver', async (code, pipRequirements) => {
    expect(await stand.build({ image: BASE_IMAGE, pipRequirements }, { key })).toMatchObject({ failure: { code } });
  });

  test('an index that does not answer is unreachable, without its password in the log', async () => {
    const index = 'http://me:canary-pw@127.0.0.1:9/simple';
    await stand.reopen({ settings: { ...stand.settings, VIRIDIAN_PIP_INDEX_URL: index } });
    const state = await stand.build({ image: BASE_IMAGE, pipRequirements: 'six' }, { key });
    expect(state).toMatchObject({ failure: { code: 'deployment.packages_unreachable' } });
    expect(JSON.stringify([state, await stand.log(key)])).not.toContain('canary-pw');
  });

  /** Stands where releases of micromamba are; the program only does what it is told by its own text. */
  async function serveProgram(script: string): Promise<{ url: string; close(): void }> {
    const server = createServer((_request, response) => response.end(script));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/micromamba`, close: () => server.close() };
  }

  const ONLY_CONDA = 'dependencies:\n- r-base\n';

  test('packages that only conda has are left to micromamba, with the whole file and the usual channel', async () => {
    const script = [
      '#!/bin/sh',
      'while [ $# -gt 0 ]; do case $1 in --prefix) prefix=$2;; --file) file=$2;; --channel) channel=$2;; esac; shift; done',
      'grep -q r-base "$file" && test "$channel" = conda-forge && test -s "$MAMBA_SSL_VERIFY" || exit 9',
      'exec python3 -m venv --without-pip "$prefix"',
    ];
    const release = await serveProgram(`${script.join('\n')}\n`);
    await stand.reopen({ settings: { ...stand.settings, VIRIDIAN_MICROMAMBA_URL: release.url } });
    const state = await stand.build(
      { image: BASE_IMAGE, condaFile: ONLY_CONDA, pipRequirements: 'six==1.17.0' },
      { key },
    );
    release.close();
    const { imageId, python } = imageOf(state);
    expect(await runIn(imageId, [python ?? '', '-c', 'import six, sys; print(six.__version__, sys.prefix)'])).toBe(
      '1.17.0 /opt/viridian/env',
    );
    expect(await runIn(imageId, ['find', '/', '-xdev', '-name', 'micromamba'])).toBe('');
  });

  test('where micromamba cannot be fetched, that is said with the setting', async () => {
    const settings = { ...stand.settings, VIRIDIAN_MICROMAMBA_URL: 'http://127.0.0.1:9/micromamba' };
    await stand.reopen({ settings });
    expect(await stand.build({ image: BASE_IMAGE, condaFile: ONLY_CONDA }, { key })).toMatchObject({
      failure: {
        code: 'deployment.packages_unreachable',
        detail: expect.stringMatching(/micromamba.*VIRIDIAN_MICROMAMBA_URL/),
      },
    });
  });
});

test.each([
  [
    'error    libmamba Could not solve for environment specs\n nothing provides requested r-nothing',
    'package_not_found',
  ],
  ['error    libmamba Could not solve for environment specs\n a 1.0 conflicts with b', 'packages_conflict'],
  ['critical libmamba Download error (6) Could not resolve hostname', 'packages_unreachable'],
  ['something else', 'build_failed'],
])('micromamba: %j', (output, code) => {
  expect(classifyCondaFailure(output, false)).toMatchObject({
    code: `deployment.${code}`,
    message: expect.stringContaining(output),
  });
});
