import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { type Answer, OK } from './testing/raw-model.ts';
import {
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

const NEVER: Answer = () => undefined;
const HANG_UP: Answer = (_request, socket) => socket.destroy();

/** A port of a process that does not run and whose queue of connections is full: who connects hears nothing. */
async function silentPort(): Promise<number> {
  const script = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(text.toString('latin1'));
  for (let i = 0; i < 8; i += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    // The queue is full when one has got in and others have not: they come in order.
    if (i === 0) await once(socket, 'connect');
  }
  return port;
}

describe('an instance to which no connection comes about', () => {
  // Longer than a busy host takes to connect to one that works.
  const settings = { connectTimeoutMs: 1_000 };

  it('is left for another one, also for POST', async () => {
    const good = await startTestModel();
    const routes = table(endpoint([deployment('blue', [await silentPort(), good.port])]));
    const { port, gateway } = await startGateway(routes, { settings });
    // They take turns.
    for (let i = 0; i < 2; i += 1) expect((await requestOnce(port, post())).status).toBe(200);
    expect(gateway.core.counters.get('upstream.connect_timeout')).toBe(1);
  });

  it('is 504 where there is no other', async () => {
    const routes = table(endpoint([deployment('blue', [await silentPort()])]));
    const { port, records } = await startGateway(routes, { settings });
    expect((await requestOnce(port, post())).status).toBe(504);
    expect((await records())[0]).toMatchObject({ status: 504, instance: 'blue-0' });
  });
});

describe('a queue', () => {
  it('in which a request would wait too long turns it away at once, and says when to come again', async () => {
    const { port, model } = await startSlow({ maxQueueWaitMs: 50 });
    const clients = await Promise.all([0, 1, 2].map(() => RawClient.connect(port)));
    const [first, second, third] = clients as [RawClient, RawClient, RawClient];
    first.send(post());
    await model.seen(1);
    const begun = performance.now();
    await until(() => performance.now() - begun > 120);
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect((await first.response()).status).toBe(200);
    second.send(post());
    await model.seen(2);
    const refusal = await third.request(post());
    expect([refusal.status, refusal.json()['code']]).toEqual([429, 'gateway.queue_full']);
    expect(Number(refusal.field('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(refusal.field('retry-after'))).toBeLessThanOrEqual(5);
    expect(model.requests).toHaveLength(2);
  });

  /** One instance that takes one request at a time and answers when it is told. */
  async function startSlow(more: { maxQueueWaitMs: number }) {
    const model = await startTestModel(NEVER);
    const one = deployment('blue', [model.port], more);
    one.instances = one.instances.map((instance) => ({ ...instance, maxConcurrency: 1 }));
    return { model, ...(await startGateway(table(endpoint([one])), { settings: { drainTimeoutMs: 0 } })) };
  }
});

describe('ejection', () => {
  it('of more than half of the instances counts for nothing: all of them are tried, and the first that works serves', async () => {
    const models = [await startTestModel(HANG_UP), await startTestModel(HANG_UP)];
    const routes = table(
      endpoint([
        deployment(
          'blue',
          models.map((model) => model.port),
        ),
      ]),
    );
    const { port, gateway } = await startGateway(routes);
    for (let i = 0; i < 30; i += 1) expect((await requestOnce(port, post())).status).toBe(502);
    expect(gateway.core.counters.get('ejections')).toBe(2);
    for (const model of models) model.answer = OK;
    for (let i = 0; i < 4; i += 1) expect((await requestOnce(port, post())).status).toBe(200);
  });

  it('never comes from clients that leave', async () => {
    const { port, model, gateway, records } = await startSimple(NEVER);
    for (let i = 1; i <= 8; i += 1) {
      const client = await RawClient.connect(port);
      client.send(post());
      await model.seen(i);
      client.socket.resetAndDestroy();
      await until(() => model.sockets.size === 0);
    }
    expect(gateway.core.counters.get('ejections')).toBe(0);
    expect(new Set((await records()).map(({ status, reason }) => `${status} ${reason}`))).toEqual(
      new Set(['499 client_gone']),
    );
    model.answer = OK;
    expect((await requestOnce(port, post())).status).toBe(200);
  });
});

describe('a drain that keeps idle connections', () => {
  it('answers one more request on each and says that it is the last', async () => {
    const { port, gateway } = await startSimple();
    const clients = [await RawClient.connect(port), await RawClient.connect(port)];
    for (const client of clients) expect((await client.request(get())).field('connection')).toBeUndefined();
    void gateway.drain(true);
    for (const client of clients) {
      const answer = await client.request(get());
      expect([answer.status, answer.field('connection')]).toEqual([200, 'close']);
      expect(await client.untilEnd()).toBe('');
    }
    await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
  });
});
