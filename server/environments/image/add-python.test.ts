import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUILD_LABEL } from './labels.ts';
import { BASE_IMAGE, hasEngine, imageOf, startBuilder, type BuilderStand } from './builder-fixture.ts';

describe.runIf(hasEngine)('Python packages on an image', () => {
  let stand: BuilderStand;

  beforeEach(async () => {
    stand = await startBuilder();
  });
  afterEach(() => stand.close());

  /** What a command writes in a container of the image. */
  async function runIn(imageId: string, command: string[]): Promise<string> {
    const chunks: Buffer[] = [];
    const output = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
    const labels = { 'viridian-test': stand.installationId };
    await stand.docker.run(imageId, command, output, {
      Tty: true,
      Labels: labels,
      HostConfig: { AutoRemove: true, NetworkMode: 'none', ReadonlyRootfs: true },
    });
    return Buffer.concat(chunks).toString('utf8').trim();
  }

  test('a conda file becomes a locked environment of its own, and settings of the build stay out of the image', async () => {
    const condaFile = 'dependencies:\n- python=3.11\n- pip:\n  - six==1.17.0\n';
    const state = await stand.build({ image: BASE_IMAGE, condaFile });
    const { imageId, python } = imageOf(state);
    expect(python).toBe('/opt/viridian/env/bin/python');
    const program = 'import six, sys; print(six.__version__, sys.prefix)';
    expect(await runIn(imageId, [python ?? '', '-c', program])).toBe('1.17.0 /opt/viridian/env');
    expect((await stand.builder.find('k1'))?.packages).toContainEqual({ name: 'six', version: '1.17.0' });
    expect(await runIn(imageId, ['cat', '/opt/viridian/lock.txt'])).toContain('--hash=sha256:');
    const image = await stand.docker.getImage(imageId).inspect();
    const base = await stand.docker.getImage(BASE_IMAGE).inspect();
    expect(image.Config.Env).toEqual(base.Config.Env);
    expect(image.Config.Entrypoint ?? []).toEqual(base.Config.Entrypoint ?? []);
    expect(image.Config.Cmd ?? []).toEqual(base.Config.Cmd ?? []);
    expect(await runIn(imageId, ['find', '/', '-xdev', '-name', 'authorities.pem'])).toBe('');
    expect(
      await stand.docker.listContainers({ all: true, filters: { label: [`${BUILD_LABEL}=${stand.installationId}`] } }),
    ).toEqual([]);
  });

  test('lines of pip go into the Python of the image', async () => {
    const state = await stand.build({ image: BASE_IMAGE, pipRequirements: 'six==1.16.0\n' });
    const { imageId, python } = imageOf(state);
    expect(python).toMatch(/^\/usr\/bin\/python3/);
    expect(await runIn(imageId, [python ?? '', '-c', 'import six; print(six.__version__)'])).toBe('1.16.0');
  });

  test('what our model server likes is added, and left out with a warning where it cannot be', async () => {
    await stand.reopen({ servingRequirements: ['six==1.17.0', 'no-such-package-of-anybody-2b1c==9'] });
    const state = await stand.build({ image: BASE_IMAGE }, { servesPython: true });
    const { python } = imageOf(state);
    expect(python).toMatch(/python3/);
    expect(state).toMatchObject({ warnings: [expect.stringContaining('no-such-package-of-anybody-2b1c')] });
    expect((await stand.builder.find('k1'))?.packages).toContainEqual({ name: 'six', version: '1.17.0' });
  });

  test.each([
    ['deployment.package_not_found', 'no-such-package-of-anybody-2b1c==9.9'],
    ['deployment.packages_conflict', 'six==1.17.0\npython-dateutil==2.9.0\nsix<1.5'],
  ])('%s is told from the words of the solver', async (code, pipRequirements) => {
    expect(await stand.build({ image: BASE_IMAGE, pipRequirements })).toMatchObject({ failure: { code } });
  });

  test('an index that does not answer is unreachable, without its password in the log', async () => {
    const index = 'http://me:canary-pw@127.0.0.1:9/simple';
    await stand.reopen({ settings: { ...stand.settings, VIRIDIAN_PIP_INDEX_URL: index } });
    const state = await stand.build({ image: BASE_IMAGE, pipRequirements: 'six' });
    expect(state).toMatchObject({ failure: { code: 'deployment.packages_unreachable' } });
    expect(JSON.stringify([state, await stand.log('k1')])).not.toContain('canary-pw');
  });

  test('packages that only conda has are named', async () => {
    const condaFile = 'dependencies:\n- gdal=3.8\n- r-base\n';
    expect(await stand.build({ image: BASE_IMAGE, condaFile })).toMatchObject({
      failure: { code: 'deployment.package_not_found', detail: expect.stringContaining('r-base') },
    });
  });
});
