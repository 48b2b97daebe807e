import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { STAGES } from '#server/domain/operation.ts';
import { nextCounter, readCounter } from './counter-store.ts';
import type { Database, Reader } from './database.ts';
import {
  deleteDeployment,
  findDeployment,
  insertDeployment,
  markDeploymentGood,
  updateDeployment,
  writeDeploymentStatus,
} from './deployment-store.ts';
import { loadEndpointState, loadEndpointStates } from './endpoint-state.ts';
import { deleteEndpoint, findEndpoint, insertEndpoint, saveEndpointKey, setTraffic } from './endpoint-store.ts';
import { deleteInstance, insertInstance, listCapacityIntervals, writeInstanceObservation } from './instance-store.ts';
import { findOperation, finishOperation, insertOperation, listOperations, updateStage } from './operation-store.ts';
import { createTestDatabase, desiredOnnx, PLAIN_ENDPOINT } from './store-fixture.ts';
import { listTrafficHistory } from './traffic-history-store.ts';

let fixture: ReturnType<typeof createTestDatabase>;
let database: Database;
beforeEach(() => {
  fixture = createTestDatabase();
  database = fixture.database;
});
afterEach(() => fixture.remove());

const KEY = { endpointName: 'iris', name: 'blue' };

async function deployBlue(): Promise<string> {
  return database.transact(async (transaction) => {
    await insertEndpoint(transaction, 'iris', PLAIN_ENDPOINT);
    await saveEndpointKey(transaction, 'iris', 'primary', { ciphertext: 'c', sha256: 'd'.repeat(64) });
    const desired = desiredOnnx();
    const operation = await insertOperation(transaction, {
      kind: 'deployment.create',
      endpointName: 'iris',
      deploymentName: 'blue',
      actor: 'ada@example.com',
      targetSpecHash: desired.specHash,
    });
    await insertDeployment(transaction, {
      ...KEY,
      desired,
      routeWhenReady: 100,
      colourSlot: 1,
      operationId: operation.id,
    });
    await insertInstance(transaction, {
      id: 'iris.blue.x',
      endpointName: 'iris',
      deploymentName: 'blue',
      specHash: desired.specHash,
      spec: desired.spec,
    });
    return operation.id;
  });
}

test('the state of an endpoint holds everything a reconcile pass needs, as it was written', async () => {
  const id = await deployBlue();
  const state = await loadEndpointState(database, 'iris');
  expect(state?.endpoint).toMatchObject({
    ...PLAIN_ENDPOINT,
    name: 'iris',
    traffic: {},
    desiredState: 'run',
    revision: 1,
  });
  expect(state?.keys.map((key) => key.slot)).toEqual(['primary']);
  expect(state?.deployments[0]).toMatchObject({
    ...KEY,
    ...desiredOnnx(),
    operationId: id,
    goodState: null,
    error: null,
  });
  expect(state?.instances[0]).toMatchObject({ id: 'iris.blue.x', state: 'starting', spec: desiredOnnx().spec });
  expect(state?.operations.map((operation) => operation.id)).toEqual([id]);
  expect(await loadEndpointState(database, 'other')).toBeNull();
});

test('the states of all endpoints are those of each, in as many queries for many as for one', async () => {
  await deployBlue();
  const [one, forOne] = await countSelects(loadEndpointStates);
  for (const name of ['adult', 'mnist']) {
    await database.transact((transaction) => insertEndpoint(transaction, name, PLAIN_ENDPOINT));
  }
  const [many, forMany] = await countSelects(loadEndpointStates);
  expect(forMany).toBe(forOne);
  expect(many.map(({ endpoint }) => endpoint.name)).toEqual(['adult', 'iris', 'mnist']);
  expect(many[1]).toEqual(one[0]);
  for (const state of many) expect(state).toEqual(await loadEndpointState(database, state.endpoint.name));
});

async function countSelects<Result>(load: (reader: Reader) => Promise<Result>): Promise<[Result, number]> {
  const select = vi.spyOn(database.orm, 'select');
  const result = await load(database);
  const selects = select.mock.calls.length;
  select.mockRestore();
  return [result, selects];
}

test('commands raise the revision, observations do not', async () => {
  await deployBlue();
  await database.transact((transaction) =>
    writeDeploymentStatus(transaction, KEY, { provisioningState: 'Succeeded', readyInstances: 1 }),
  );
  expect(await findDeployment(database, KEY)).toMatchObject({ revision: 1, provisioningState: 'Succeeded' });
  await database.transact((transaction) => updateDeployment(transaction, KEY, { routeWhenReady: null }));
  expect((await findDeployment(database, KEY))?.revision).toBe(2);
});

test('what became ready is remembered as the state to go back to', async () => {
  await deployBlue();
  await database.transact(async (transaction) => {
    const deployment = await findDeployment(transaction, KEY);
    if (deployment) await markDeploymentGood(transaction, deployment);
  });
  expect(await findDeployment(database, KEY)).toMatchObject({ goodState: desiredOnnx(), routeWhenReady: null });
});

test('a new operation supersedes the running one of the same resource only', async () => {
  const first = await deployBlue();
  const intent = { kind: 'deployment.update', endpointName: 'iris', actor: 'ada' } as const;
  await database.transact((transaction) => insertOperation(transaction, { ...intent, deploymentName: 'green' }));
  expect((await findOperation(database, first))?.status).toBe('running');
  await database.transact((transaction) => insertOperation(transaction, { ...intent, deploymentName: 'blue' }));
  const superseded = await findOperation(database, first);
  expect(superseded?.status).toBe('superseded');
  expect(superseded?.stages.every((stage) => stage.status === 'skipped')).toBe(true);
});

test('stages get their times from their status, and an ended operation stays as it ended', async () => {
  const id = await deployBlue();
  await database.transact((transaction) =>
    updateStage(transaction, id, STAGES.startInstances, { status: 'running', message: '1 of 1', progress: 0.5 }),
  );
  fixture.clock.advance(1500);
  await database.transact((transaction) => finishOperation(transaction, id, 'failed', null));
  await database.transact((transaction) => finishOperation(transaction, id, 'succeeded', null));
  const operation = await findOperation(database, id);
  expect(operation).toMatchObject({ status: 'failed', finishedAt: fixture.clock.now() });
  const stage = operation?.stages.find(({ name }) => name === STAGES.startInstances);
  expect(stage).toMatchObject({ status: 'failed', progress: 0.5, startedAt: fixture.clock.now() - 1500 });
});

test('operations are found by a resource and what lies below it, not by a longer name', async () => {
  await deployBlue();
  const byResource = async (resource: string) => (await listOperations(database, { resource, limit: 10 })).length;
  expect(await byResource('/endpoints/iris')).toBe(1);
  expect(await byResource('/endpoints/iris/deployments/blue')).toBe(1);
  expect(await byResource('/endpoints/iri')).toBe(0);
  expect(await byResource('/endpoints/%')).toBe(0);
});

test('an instance holds capacity from its row to its removal, and the interval outlives everything else', async () => {
  await deployBlue();
  fixture.clock.advance(60_000);
  await database.transact(async (transaction) => {
    await writeInstanceObservation(transaction, 'iris.blue.x', { state: 'ready', port: 4000, host: '127.0.0.1' });
    await deleteInstance(transaction, 'iris.blue.x');
    await deleteDeployment(transaction, KEY);
    await deleteEndpoint(transaction, 'iris');
  });
  expect(await findEndpoint(database, 'iris')).toBeNull();
  const [interval] = await listCapacityIntervals(database, { from: 0, to: Number.MAX_SAFE_INTEGER });
  expect(interval).toMatchObject({ instanceId: 'iris.blue.x', instanceType: 'cpu-1' });
  expect((interval?.stoppedAt ?? 0) - (interval?.startedAt ?? 0)).toBe(60_000);
});

test('a deployment with an instance and an endpoint with a deployment cannot lose their rows', async () => {
  await deployBlue();
  await expect(database.transact((transaction) => deleteDeployment(transaction, KEY))).rejects.toThrow(/FOREIGN KEY/);
  await expect(database.transact((transaction) => deleteEndpoint(transaction, 'iris'))).rejects.toThrow(/FOREIGN KEY/);
});

test('a split is stored without zeros and kept in the history, newest first', async () => {
  await deployBlue();
  const by = { actor: 'ada', reason: 'first' };
  await database.transact((transaction) =>
    setTraffic(transaction, 'iris', { traffic: { blue: 100, green: 0 }, mirrorTraffic: {} }, by),
  );
  await database.transact((transaction) =>
    setTraffic(transaction, 'iris', { traffic: {}, mirrorTraffic: {} }, { ...by, reason: 'off' }),
  );
  const history = await listTrafficHistory(database, 'iris', { before: null, limit: 10 });
  expect(history.map(({ revision, traffic, reason }) => ({ revision, traffic, reason }))).toEqual([
    { revision: 3, traffic: {}, reason: 'off' },
    { revision: 2, traffic: { blue: 100 }, reason: 'first' },
  ]);
});

test('a counter starts at one and never repeats', async () => {
  expect(await readCounter(database, 'route_revision')).toBe(0);
  const numbers = await database.transact(async (transaction) => [
    await nextCounter(transaction, 'route_revision'),
    await nextCounter(transaction, 'route_revision'),
  ]);
  expect(numbers).toEqual([1, 2]);
  expect(await readCounter(database, 'route_revision')).toBe(2);
});
