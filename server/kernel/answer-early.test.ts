import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { answerEarly } from './answer-early.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function ask(maxBytes?: number) {
  const server = createServer((incoming, response) => {
    response.writeHead(401, { connection: 'close', 'content-length': 2 });
    answerEarly(incoming, response, Buffer.from('no'), maxBytes);
  }).listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': 1e9 } });
  asked.on('error', () => {});
  asked.write('x');
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { asked, response };
}

test('the answer comes while the caller still sends', async () => {
  const { asked, response } = await ask();
  expect(await text(response)).toBe('no');
  asked.destroy();
});

test('a caller who sends more than is read away is cut off', async () => {
  const { asked, response } = await ask(1000);
  response.resume();
  asked.write(Buffer.alloc(10_000));
  await once(asked, 'close');
  expect(asked.destroyed).toBe(true);
});
