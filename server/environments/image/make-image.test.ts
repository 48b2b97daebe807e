import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasEngine, imageOf, startBuilder, type BuilderStand } from './builder-fixture.ts';
import { BASE_REFRESHED_LABEL } from './labels.ts';

describe.runIf(hasEngine)('curated environments', { timeout: 60_000 }, () => {
  let stand: BuilderStand;

  // One for all: what Debian gives is fetched once.
  beforeAll(async () => {
    stand = await startBuilder();
  });
  afterAll(() => stand.close());

  test('packages without an image go on the plain Python, whose base says when it was refreshed', async () => {
    const state = await stand.build({ pipRequirements: 'six==1.17.0' });
    const { imageId, python, user } = imageOf(state);
    expect(python).toBe('/opt/viridian/env/bin/python');
    expect(user).toBe('1000');
    const { Config } = await stand.docker.getImage(imageId).inspect();
    expect(Config.Labels?.[BASE_REFRESHED_LABEL]).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect((await stand.builder.find('k1'))?.packages).toEqual([{ name: 'six', version: '1.17.0' }]);
  });

  test('a curated environment has its packages, and those that are asked for on top', async () => {
    const image = 'viridian.local/curated/onnx';
    const state = await stand.build({ image, pipRequirements: 'numpy==2.4.5\nsix' }, { key: 'k2' });
    expect(imageOf(state).python).toBe('/opt/viridian/env/bin/python');
    const packages = (await stand.builder.find('k2'))?.packages ?? [];
    expect(packages).toContainEqual({ name: 'numpy', version: '2.4.5' });
    expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['onnxruntime', 'six']));
  });

  test('a curated environment that there is not is said with those that there are', async () => {
    expect(await stand.build({ image: 'viridian.local/curated/none' }, { key: 'k3' })).toMatchObject({
      failure: { code: 'deployment.image_not_found', detail: expect.stringContaining('curated/scikit-learn') },
    });
  });
});
