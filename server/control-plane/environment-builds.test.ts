import { afterEach, beforeEach, expect, test } from 'vitest';
import { cancelOperation } from '#server/commands/cancel-operation.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { EMPTY_DEFINITION } from '#server/domain/environment.ts';
import type { BuildArtifact, BuildState } from '#server/domain/environment-build.ts';
import { STAGES } from '#server/domain/operation.ts';
import { insertEnvironmentVersion, updateEnvironmentVersion } from '#server/store/environment-store.ts';
import { findOperation } from '#server/store/operation-store.ts';
import { createControlPlaneFixture, type ControlPlaneFixture } from '#server/testing/control-plane-fixture.ts';
import { eventually } from '#server/testing/eventually.ts';

let stack: ControlPlaneFixture;

const VERSION = { name: 'server', version: '1' };
const CHANGE = { environment: 'azureml:server:1', runtime: 'docker' as const };

const image = (id: string): BuildArtifact => ({
  kind: 'image',
  imageId: `sha256:${id}`,
  digest: `registry.example/server@sha256:${id}`,
  python: null,
  exposedPorts: [8000],
  entrypoint: [],
  command: [],
  user: '',
  architecture: 'amd64',
});
const ready = (id = 'abc'): BuildState => ({ kind: 'ready', artifact: image(id), warnings: [] });
const failed: BuildState = {
  kind: 'failed',
  failure: { code: 'deployment.image_not_found', detail: 'There is no such image.', logTail: ['not found'] },
};

beforeEach(async () => {
  stack = await createControlPlaneFixture();
  const definition = { ...EMPTY_DEFINITION, image: 'registry.example/server:1' };
  const words = { description: '', tags: {}, properties: {} };
  await stack.database.transact((tx) =>
    insertEnvironmentVersion(tx, { ...VERSION, anonymous: false, definition, ...words }),
  );
});

afterEach(() => stack.close());

/** Waits for a build to have begun; gives its key. */
const building = (count = 1): Promise<string> =>
  eventually(async () => stack.builder.begun[count - 1]?.key ?? null, `build number ${count}`);

const stageOf = async (operation: string) =>
  (await findOperation(stack.database, operation))?.stages.find(({ name }) => name === STAGES.prepareEnvironment);

test('instances are made only once their environment is built, and run in what was built', async () => {
  const operation = await stack.put('blue', [], CHANGE);
  const key = await building();
  stack.builder.become(key, { kind: 'building', startedAt: 1, step: 'Pulling: 3 of 7 layers', progress: 0.4 });
  const stage = await eventually(async () => {
    const seen = await stageOf(operation);
    return seen?.progress === 0.4 ? seen : null;
  }, 'the progress of the build');
  expect(stage).toMatchObject({ status: 'running', message: 'Pulling: 3 of 7 layers' });
  expect(await stack.instances()).toEqual([]);
  stack.builder.become(key, ready());
  expect(await stack.ended(operation)).toMatchObject({ status: 'succeeded' });
  const [made] = [...stack.world.instances.values()];
  expect(made?.spec.container).toMatchObject({ imageId: 'sha256:abc', port: 8000, readOnlyRoot: true, gpus: 0 });
});

test('a build that fails ends the operation with its cause and its last lines, and nothing is started', async () => {
  const operation = await stack.put('blue', [], CHANGE);
  stack.builder.become(await building(), failed);
  expect(await stack.ended(operation)).toMatchObject({
    status: 'failed',
    error: { code: 'deployment.image_not_found', details: { log_tail: ['not found'] } },
  });
  expect(await stack.instances()).toEqual([]);
});

test('another attempt builds again what failed before', async () => {
  const first = await stack.put('blue', [], CHANGE);
  const key = await building();
  stack.builder.become(key, failed);
  await stack.ended(first);
  const second = await stack.put('blue', [], CHANGE);
  expect(await building(2)).toBe(key);
  stack.builder.become(key, ready());
  expect(await stack.ended(second)).toMatchObject({ status: 'succeeded' });
});

test('while a new environment is built and when that fails, the old version serves on', async () => {
  const first = await stack.put('blue', [], CHANGE);
  stack.builder.become(await building(), ready());
  await stack.ended(first);
  const before = await stack.instances();
  await stack.database.transact((tx) => updateEnvironmentVersion(tx, VERSION, { buildNumber: 2 }));
  const second = await stack.put('blue', [], CHANGE);
  const key = await building(2);
  expect(await stack.instances()).toMatchObject(before.map(({ id }) => ({ id, desired: 'run', state: 'ready' })));
  stack.builder.become(key, failed);
  expect(await stack.ended(second)).toMatchObject({ status: 'failed' });
  expect((await stack.deployment('blue'))?.spec.environment?.buildNumber).toBe(1);
  expect((await stack.instances()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
});

test('an instance whose image was lost comes back once the image is there again', async () => {
  await stack.put('blue', [], CHANGE);
  const key = await building();
  stack.builder.become(key, ready());
  const [instance] = await eventually(async () => {
    const rows = await stack.instances();
    return rows[0]?.state === 'ready' ? rows : null;
  }, 'a ready instance');
  stack.builder.lose(key);
  await stack.world.end(instance!.id);
  await building(2);
  expect([...stack.world.instances]).toEqual([]);
  stack.builder.become(key, ready());
  await eventually(async () => (stack.world.instances.has(instance!.id) ? true : null), 'the instance to be back');
});

test('a cancelled creation stops waiting for its build', async () => {
  const operation = await stack.put('blue', [], CHANGE);
  await building();
  await cancelOperation({ database: stack.database }, SYSTEM_ACTOR, operation);
  expect(await stack.ended(operation)).toMatchObject({ status: 'canceled' });
  await stack.controlPlane.idle();
  expect(await stack.instances()).toEqual([]);
});
