import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createEngine } from './engine.ts';

test('a call looks at none of the connections that are open for other calls', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-engine-'));
  const server = createServer((asked, answer) => {
    if (asked.url?.includes('/logs') === true) answer.writeHead(200).flushHeaders();
    else answer.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'docker.sock'), resolve));
  const leaving = new AbortController();
  let looks = 0;
  Object.defineProperty(Socket.prototype, inspect.custom, { configurable: true, value: () => String((looks += 1)) });
  try {
    const engine = createEngine(`unix://${join(folder, 'docker.sock')}`);
    for (const id of ['a', 'b', 'c']) await engine.logs(id, { follow: true, since: '0' }, leaving.signal);
    expect(await engine.list([])).toEqual([]);
    expect(looks).toBe(0);
  } finally {
    Reflect.deleteProperty(Socket.prototype, inspect.custom);
    leaving.abort();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  }
});
