import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { type Answer, OK } from './testing/raw-model.ts';
import {
  AUTH,
  deployment,
  endpoint,
  get,
  post,
  startGateway,
  startSimple,
  startTestModel,
  table,
  until,
} from './testing/start-gateway.ts';

const HANG_UP: Answer = (_request, socket) => socket.destroy();
const put = (body: string): string => post(body).replace('POST', 'PUT');

/** Serves this many requests and hangs up on those that follow. */
function serves(count: number): Answer {
  let served = 0;
  return (request, socket) => {
    served += 1;
    if (served > count) socket.destroy();
    else OK(request, socket);
  };
}

describe('a request that may be repeated (RFC 9110 9.2.2)', () => {
  it('is not when a part of an answer has come, however small', async () => {
    const partly: Answer = (_request, socket) => socket.end('HTTP/1.1 200 OK\r\nX-Half: ');
    const [one, two] = [await startTestModel(partly), await startTestModel(partly)];
    const { port } = await startGateway(table(endpoint([deployment('blue', [one.port, two.port])])));
    expect((await requestOnce(port, get())).status).toBe(502);
    expect(one.requests.length + two.requests.length).toBe(1);
  });

  it('is repeated with its body up to 64 KiB, and not beyond', async () => {
    const { port, model } = await startSimple(serves(2));
    const client = await RawClient.connect(port);
    expect((await client.request(put('a'))).status).toBe(200);
    expect((await client.request(put('b'.repeat(60_000)))).status).toBe(200);
    expect((await client.request(put('c'.repeat(60_000)))).status).toBe(502);
    expect(model.requests.map(({ body }) => body.slice(0, 1))).toEqual(['a', 'b', 'c', 'c']);
    model.answer = serves(1);
    expect((await requestOnce(port, put('d'))).status).toBe(200);
    expect((await requestOnce(port, put('e'.repeat(70_000)))).status).toBe(502);
    expect(model.requests.slice(4).map(({ body }) => body.slice(0, 1))).toEqual(['d', 'e']);
  });

  it('goes on at another instance while its body is still coming', async () => {
    const [one, two] = [await startTestModel(), await startTestModel()];
    const { port } = await startGateway(table(endpoint([deployment('blue', [one.port, two.port])])));
    const client = await RawClient.connect(port);
    client.send(`PUT /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    await until(() => one.sockets.size + two.sockets.size === 1);
    const first = one.sockets.size === 1 ? one : two;
    await until(() => first.received[0]?.includes('hello') === true);
    for (const socket of first.sockets) socket.resetAndDestroy();
    await until(() => one.received.length + two.received.length === 2);
    expect((await client.request('6\r\n world\r\n0\r\n\r\n')).status).toBe(200);
    const second = first === one ? two : one;
    expect([first.requests.length, second.requests[0]?.body]).toEqual([0, 'hello world']);
  });

  it('is not once the endpoint has spent what it may spend on repeating', async () => {
    const { port, gateway } = await startSimple(HANG_UP);
    const requests = 300;
    const startedAt = performance.now();
    const client = await RawClient.connect(port);
    for (let i = 0; i < requests; i += 1) expect((await client.request(get())).status).toBe(502);
    const seconds = (performance.now() - startedAt) / 1000;
    const retries = gateway.core.counters.get('retries');
    expect(retries).toBeGreaterThanOrEqual(100);
    expect(retries).toBeLessThanOrEqual(100 + 0.2 * requests + 3 * seconds + 1);
  });
});

describe('an idle connection to a model (RFC 9112 9.5)', () => {
  it.each([
    ['ends', (socket: { end(): void }) => socket.end()],
    ['resets', (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
  ])('that the model %s is given up at once, and the next request needs no second attempt', async (_how, close) => {
    const { port, model, records } = await startSimple();
    const client = await RawClient.connect(port);
    expect((await client.request(post())).status).toBe(200);
    for (const socket of model.sockets) close(socket);
    await until(() => model.sockets.size === 0);
    expect((await client.request(post())).status).toBe(200);
    expect(model.connections).toBe(2);
    expect((await records()).map(({ flags }) => flags)).toEqual([0, 0]);
  });

  it('is used in turn with others, so that those of a burst are still young enough for the next one', async () => {
    const { port, model } = await startSimple(() => undefined);
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(port)));
    for (const client of clients) client.send(post());
    await model.seen(3);
    model.answer = OK;
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    for (const client of clients) await client.response();
    const [client] = clients as [RawClient];
    for (let i = 0; i < 6; i += 1) await client.request(post());
    const used = model.requests.slice(3).map(({ connection }) => connection);
    expect(used.slice(0, 3).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(used.slice(3)).toEqual(used.slice(0, 3));
  });

  it('on which an answer comes that nobody asked for answers nobody', async () => {
    const { port, model } = await startSimple();
    const client = await RawClient.connect(port);
    expect((await client.request(get())).status).toBe(200);
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON');
    await until(() => model.sockets.size === 0);
    const answer = await client.request(get('/iris/next'));
    expect(answer.json()).toEqual({ path: '/next' });
  });
});
