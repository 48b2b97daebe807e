import { afterEach, beforeEach, expect, test } from 'vitest';
import { rollEnvironment } from '#server/commands/roll-environment.ts';
import { restartDeployment } from '#server/commands/restart-deployment.ts';
import { cancelOperation } from '#server/commands/cancel-operation.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { EMPTY_DEFINITION } from '#server/domain/environment.ts';
import type { BuildArtifact, BuildState } from '#server/domain/environment-build.ts';
import { STAGES } from '#server/domain/operation.ts';
import { listEnvironmentRuns } from '#server/domain/present-environment.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import {
  findEnvironmentVersion,
  insertEnvironmentVersion,
  updateEnvironmentVersion,
} from '#server/store/environment-store.ts';
import { findOperation } from '#server/store/operation-store.ts';
import { createControlPlaneFixture, type ControlPlaneFixture } from '#server/testing/control-plane-fixture.ts';
import { eventually } from '#server/testing/eventually.ts';
import { allRuntimes } from '#server/testing/no-environments.ts';
import { NO_EXTERNALS } from '#server/testing/no-externals.ts';

let stack: ControlPlaneFixture;

const HOST = { cpuCount: 2, memoryMib: 4096, gpuCount: 0 };
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

test('a restart builds again what failed before, and shows how far that is', async () => {
  const first = await stack.put('blue', [], CHANGE);
  const key = await building();
  stack.builder.become(key, failed);
  await stack.ended(first);
  const { id } = await restartDeployment(stack, SYSTEM_ACTOR, { endpointName: 'iris', name: 'blue' });
  expect(await building(2)).toBe(key);
  stack.builder.become(key, { kind: 'building', startedAt: 1, step: 'Pulling', progress: 0.4 });
  await eventually(async () => (await stageOf(id))?.message === 'Pulling', 'the stage of the build');
  stack.builder.become(key, ready());
  expect(await stack.ended(id)).toMatchObject({ status: 'succeeded' });
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

test('deployments that run an older build are rolled to the newest, and asking twice is asking once', async () => {
  const context = { database: stack.database, host: HOST, runtimes: allRuntimes, externals: NO_EXTERNALS };
  const roll = (deployments: string[] | null = null) =>
    rollEnvironment(context, SYSTEM_ACTOR, { ...VERSION, deployments });
  const states = async () => {
    const version = await findEnvironmentVersion(stack.database, VERSION.name, VERSION.version);
    const runs = listEnvironmentRuns(await listAllDeployments(stack.database), version!);
    return runs.map(({ state, running }) => [state, running?.buildNumber ?? null]);
  };
  const first = await stack.put('blue', [], CHANGE);
  stack.builder.become(await building(), ready('one'));
  await stack.ended(first);
  expect(await states()).toEqual([['current', 1]]);
  expect(await roll()).toEqual([]);

  await stack.database.transact((tx) => updateEnvironmentVersion(tx, VERSION, { buildNumber: 2 }));
  expect(await states()).toEqual([['behind', 1]]);
  const [rolled] = await roll(['/endpoints/iris/deployments/blue']);
  expect(rolled).toMatchObject({ deployment: '/endpoints/iris/deployments/blue' });
  expect(await states()).toEqual([['rolling', 1]]);
  expect(await roll()).toEqual([]);
  stack.builder.become(await building(2), ready('two'));
  expect(await stack.ended(rolled!.operation.id)).toMatchObject({ status: 'succeeded' });
  expect(await states()).toEqual([['current', 2]]);
  const images = [...stack.world.instances.values()].map(({ spec }) => spec.container?.imageId);
  expect(images).toContain('sha256:two');
});

test('a roll whose build fails leaves what runs, which stays behind', async () => {
  const context = { database: stack.database, host: HOST, runtimes: allRuntimes, externals: NO_EXTERNALS };
  const first = await stack.put('blue', [], CHANGE);
  stack.builder.become(await building(), ready());
  await stack.ended(first);
  await stack.database.transact((tx) => updateEnvironmentVersion(tx, VERSION, { buildNumber: 2 }));
  const [rolled] = await rollEnvironment(context, SYSTEM_ACTOR, { ...VERSION, deployments: null });
  stack.builder.become(await building(2), failed);
  expect(await stack.ended(rolled!.operation.id)).toMatchObject({ status: 'failed' });
  const again = await rollEnvironment(context, SYSTEM_ACTOR, { ...VERSION, deployments: null });
  expect(again.map(({ operation }) => operation.id)).not.toEqual([rolled!.operation.id]);
});
