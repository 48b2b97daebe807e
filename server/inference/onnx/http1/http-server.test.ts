import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { HttpHandler, HttpRequest, HttpResponder } from './http-connection.ts';
import { HttpServer, type HttpServerOptions } from './http-server.ts';

const HOST = '127.0.0.1';
const PATIENCE = { timeout: 15_000 };
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function serve(handler: HttpHandler, options: Partial<HttpServerOptions> = {}) {
  const server = new HttpServer({
    handler,
    maxBodyBytes: 1024,
    keepAliveMs: 60_000,
    receiveTimeoutMs: 60_000,
    ...options,
  });
  const port = await server.listen(HOST, 0);
  stops.push(() => server.drain());
  return { server, port };
}

/** A client that collects what it gets. */
function open(port: number): {
  socket: Socket;
  text: () => string;
  closed: Promise<string>;
  until: (end: string) => Promise<string>;
} {
  const socket = connect({ port, host: HOST, allowHalfOpen: true });
  let text = '';
  const closed = new Promise<string>((resolve) =>
    socket.once('end', () => resolve(text)).once('close', () => resolve(text)),
  );
  socket.on('data', (bytes) => (text += bytes.toString('latin1')));
  socket.on('error', () => socket.destroy());
  stops.push(async () => socket.destroy());
  const until = (end: string) =>
    new Promise<string>((resolve) => {
      const look = (): void => {
        if (text.endsWith(end)) resolve(text);
      };
      socket.on('data', look);
      look();
    });
  return { socket, text: () => text, closed, until };
}

const echo: HttpHandler = ({ head, body }, responder) =>
  responder.send(200, 'text/plain', `${head.path}:${body.toString()}`);
const post = (path: string, body: string, extra = '') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${extra}\r\n${body}`;

test('pipelined requests are answered in their order, also when later ones are ready first', async () => {
  const waiting: { path: string; responder: HttpResponder }[] = [];
  const { port } = await serve(({ head }, responder) => {
    if (head.path !== '/1') responder.send(200, 'text/plain', head.path);
    else {
      waiting.push({ path: head.path, responder });
      setImmediate(() => responder.send(200, 'text/plain', '/1'));
    }
  });
  const client = open(port);
  client.socket.write(['/1', '/2', '/3'].map((path) => post(path, 'x')).join(''));
  const text = await client.until('/3');
  expect(text.match(/\r\n\r\n\/\d/g)).toEqual(['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3']);
});

test('a request is the same however its bytes arrive', async () => {
  const { port } = await serve(echo);
  const client = open(port);
  for (const byte of post('/slow', 'body of it')) client.socket.write(byte);
  expect(await client.until('/slow:body of it')).toContain('HTTP/1.1 200 OK');
});

test('chunked bodies and 100-continue work on one kept connection', async () => {
  const { port } = await serve(echo);
  const client = open(port);
  client.socket.write(
    'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
  );
  await client.until('/c:abc');
  client.socket.write('POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
  await client.until('HTTP/1.1 100 Continue\r\n\r\n');
  client.socket.write('ok');
  expect(await client.until('/e:ok')).toContain('100 Continue');
});

test('HEAD gets the length and no body', async () => {
  const { port } = await serve(({ head }, responder) => responder.send(200, 'text/plain', head.method));
  const client = open(port);
  client.socket.write('HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await client.closed).toMatch(/Content-Length: 4\r\n[^]*\r\n\r\n$/);
});

test.each([
  ['a body over the limit', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n', 413],
  ['chunks over the limit', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n', 413],
  ['a head over the limit', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ['nonsense', 'hello\r\n\r\n', 400],
])('%s is refused and ends the connection', async (_, bytes, status) => {
  const { port } = await serve(echo);
  const client = open(port);
  client.socket.write(bytes);
  const text = await client.closed;
  expect(text).toContain(`HTTP/1.1 ${status} `);
  expect(text).toContain('Connection: close');
});

test('draining answers what is under way, closes idle connections, and takes no new ones', async () => {
  const started = Promise.withResolvers<HttpResponder>();
  const { server, port } = await serve((_, responder) => started.resolve(responder));
  const busy = open(port);
  const idle = open(port);
  busy.socket.write(post('/', 'x'));
  const responder = await started.promise;
  const drained = server.drain();
  await idle.closed;
  responder.send(200, 'text/plain', 'done');
  const text = await busy.closed;
  expect(text).toContain('Connection: close');
  expect(text.endsWith('done')).toBe(true);
  busy.socket.destroy();
  idle.socket.destroy();
  await drained;
  await expect(
    new Promise((resolve, reject) => connect(port, HOST).once('connect', resolve).once('error', reject)),
  ).rejects.toThrow('ECONNREFUSED');
});

test('a client that leaves makes its request abandoned', async () => {
  const started = Promise.withResolvers<HttpResponder>();
  const { port } = await serve((_, responder) => started.resolve(responder));
  const client = open(port);
  client.socket.write(post('/', 'x'));
  const responder = await started.promise;
  expect(responder.aborted).toBe(false);
  client.socket.destroy();
  await expect.poll(() => responder.aborted, PATIENCE).toBe(true);
  responder.send(200, 'text/plain', 'to nobody');
});

test('a request that never becomes whole is given up, an idle connection too', async () => {
  const { port } = await serve(echo, { receiveTimeoutMs: 1, keepAliveMs: 1 });
  const half = open(port);
  half.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
  const idle = open(port);
  expect(await half.closed).toContain('HTTP/1.1 408 ');
  expect(await idle.closed).toBe('');
});

test('a client that does not read its answers gets no more computed', async () => {
  let handled = 0;
  const large = Buffer.alloc(4 * 1024 * 1024);
  const { port } = await serve((_: HttpRequest, responder) => {
    handled += 1;
    responder.send(200, 'application/octet-stream', large);
  });
  const client = open(port);
  client.socket.pause();
  client.socket.write(post('/', 'x').repeat(20));
  await expect.poll(() => handled, PATIENCE).toBeGreaterThan(0);
  client.socket.write(post('/', 'x').repeat(20));
  const probe = open(port);
  probe.socket.write(post('/', 'x', 'Connection: close\r\n'));
  await probe.closed;
  expect(handled).toBeLessThan(10);
  client.socket.resume();
  await expect.poll(() => handled, PATIENCE).toBe(41);
});
