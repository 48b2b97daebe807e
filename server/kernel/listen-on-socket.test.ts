import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { listenOnSocket, SocketTakenError } from './listen-on-socket.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-socket-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function newServer() {
  const server = createServer();
  onTestFinished(() => void server.close());
  return server;
}

test('what a killed process left behind is replaced by a socket for the owner alone', async () => {
  const path = join(folder, 'a.sock');
  await writeFile(path, '');
  await listenOnSocket(newServer(), path);
  const found = await stat(path);
  expect([found.isSocket(), found.mode & 0o777]).toEqual([true, 0o600]);
});

test('a socket on which somebody answers is not taken from them', async () => {
  const path = join(folder, 'a.sock');
  const first = newServer();
  await listenOnSocket(first, path);
  await expect(listenOnSocket(newServer(), path)).rejects.toThrow(SocketTakenError);
  expect(first.listening).toBe(true);
  expect((await stat(path)).isSocket()).toBe(true);
});
