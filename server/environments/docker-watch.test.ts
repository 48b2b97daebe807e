import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import { watchDocker, type DockerWatch } from './docker-watch.ts';
import { detectDocker } from './host-capabilities.ts';

const LOOK_EVERY_MS = 10;
const THERE = { available: true, version: '20.10.24 (API 1.41)' };

let folder: string;
let socket: string;
let seen: number;
let watch: DockerWatch;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-watch-'));
  socket = join(folder, 'docker.sock');
  seen = 0;
  watch = watchDocker(socket, await detectDocker(socket), () => (seen += 1), LOOK_EVERY_MS);
});
afterEach(async () => {
  await watch.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startEngine(): Promise<Server> {
  const server = createServer((_request, response) => response.end('{"Version":"20.10.24","ApiVersion":"1.41"}'));
  server.listen(socket);
  await once(server, 'listening');
  return server;
}

async function stopEngine(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

test('an engine that comes later is seen, told of once, and expected back when it goes', async () => {
  expect(watch.current).toMatchObject({ available: false, reason: `There is no Docker socket at ${socket}.` });
  expect(watch.accepted).toEqual(watch.current);
  const engine = await startEngine();
  await eventually(() => watch.current.available, 'the engine');
  expect(watch.current).toEqual(THERE);
  await stopEngine(engine);
  await eventually(() => !watch.current.available, 'its absence');
  expect(watch.accepted).toEqual(THERE);
  const again = await startEngine();
  await eventually(() => watch.current.available, 'the engine again');
  expect(seen).toBe(1);
  await stopEngine(again);
});
