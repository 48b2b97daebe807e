import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import { startFakeGateway, type FakeGateway } from '#server/testing/fake-gateway.ts';
import { createRouteTablePublisher, type GatewaySignal, type RouteTablePublisher } from './publish-route-table.ts';
import type { RouteTable } from './route-table.ts';

let folder: string;
let socketPath: string;
let gateway: FakeGateway | null;
let publisher: RouteTablePublisher;
let signals: GatewaySignal[];
let refused: string[];

const table = (revision: number): RouteTable => ({ version: 1, revision, endpoints: [] });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-publish-'));
  socketPath = join(folder, 'gateway.sock');
  gateway = await startFakeGateway(socketPath);
  signals = [];
  refused = [];
  publisher = createRouteTablePublisher({
    socketPath,
    onSignal: (signal) => signals.push(signal),
    onWorkers: () => undefined,
    onRefused: (revision, reason) => refused.push(`${revision}: ${reason}`),
    onError: () => undefined,
  });
  await publisher.tried;
});

afterEach(async () => {
  publisher.close();
  await gateway?.close();
  await rm(folder, { recursive: true, force: true });
});

test('a table is confirmed when every worker serves it', async () => {
  publisher.publish(table(5));
  expect(await publisher.confirm(5_000)).toEqual({ revision: 5, confirmed: 2, total: 2 });
  expect(publisher.isSettled()).toBe(true);
});

test('an unconfirmed table ends the wait by its time-out and is told from a confirmed one', async () => {
  await eventually(() => publisher.workers.length === 2);
  gateway?.holdBack();
  publisher.publish(table(1));
  expect(await publisher.confirm(50)).toEqual({ revision: 1, confirmed: 0, total: 2 });
  expect(publisher.isSettled()).toBe(false);
  const waiting = publisher.confirm(5_000);
  gateway?.confirm();
  expect((await waiting).confirmed).toBe(2);
});

test('nothing is settled before anything is published', () => {
  expect(publisher.isSettled()).toBe(false);
});

test('a gateway that comes back gets the newest table without being asked', async () => {
  publisher.publish(table(1));
  await publisher.confirm(5_000);
  gateway?.disconnect();
  await eventually(() => gateway?.tables.length === 2);
  expect((await publisher.confirm(5_000)).confirmed).toBe(2);
});

test('a gateway that started later gets the table', async () => {
  await gateway?.close();
  gateway = null;
  await eventually(() => !publisher.connected);
  publisher.publish(table(3));
  expect(publisher.isSettled()).toBe(true);
  gateway = await startFakeGateway(socketPath);
  expect(await publisher.confirm(5_000)).toEqual({ revision: 3, confirmed: 2, total: 2 });
});

test('hints of the gateway are passed on', async () => {
  gateway?.send({ type: 'wake', endpoint: 'iris' });
  gateway?.send({ type: 'instance_failing', endpoint: 'iris', deployment: 'blue', instance: 'a1', reason: 'refused' });
  await eventually(() => signals.length === 2);
  expect(signals.map(({ type }) => type)).toEqual(['wake', 'instance_failing']);
});

test('a refusal is told with its reason', async () => {
  gateway?.send({ type: 'refused', revision: 4, reason: 'unknown version' });
  await eventually(() => refused.length === 1);
  expect(refused).toEqual(['4: unknown version']);
});
