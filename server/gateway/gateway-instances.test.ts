import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { EjectionReport } from './ejection-ledger.ts';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { type Answer, OK, says } from './testing/raw-model.ts';
import {
  AUTH,
  deployment,
  endpoint,
  get,
  KEY,
  post,
  startGateway,
  startSimple,
  startTestModel,
  table,
  until,
} from './testing/start-gateway.ts';

const NEVER: Answer = () => undefined;
const HANG_UP: Answer = (_request, socket) => socket.destroy();

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('an instance that does not answer', () => {
  it('and refuses connections is 502 and is reported', async () => {
    const failing: string[] = [];
    const { port, records } = await startGateway(table(endpoint([deployment('blue', [await closedPort()])])), {
      onInstanceFailing: (...report) => failing.push(report.join(' ')),
    });
    const answer = await requestOnce(port, post());
    expect([answer.status, answer.json()['code']]).toEqual([502, 'gateway.upstream_unreachable']);
    expect(JSON.stringify(answer.json())).not.toMatch(/127\.0\.0\.1|ECONN/);
    expect(new Set(failing)).toEqual(new Set(['iris blue blue-0 ECONNREFUSED']));
    expect((await records())[0]).toMatchObject({ status: 502, reason: 'connect_failed', instance: 'blue-0' });
  });

  it('and is the only one is tried again after a moment, in which the table may say that another is on its way', async () => {
    const routes = table(endpoint([deployment('blue', [await closedPort()])]));
    const { port, gateway } = await startGateway(routes);
    const answer = requestOnce(port, post());
    await until(() => gateway.core.counters.get('retries') === 1);
    gateway.install(table(endpoint([deployment('blue', [], { coldSlots: 1 })])));
    await until(() => gateway.core.counters.get('cold_waits') === 1);
    gateway.install(table(endpoint([deployment('blue', [(await startTestModel()).port])])));
    expect((await answer).status).toBe(200);
  });

  it('is replaced by another one when it refuses connections, also for POST', async () => {
    const model = await startTestModel();
    const { port, gateway } = await startGateway(
      table(endpoint([deployment('blue', [await closedPort(), model.port])])),
    );
    for (let i = 0; i < 6; i += 1) expect((await requestOnce(port, post())).status).toBe(200);
    expect(gateway.core.counters.get('retries')).toBeGreaterThan(0);
  });

  it('within the deployment’s time is 504, without a second attempt', async () => {
    const [slow, other] = [await startTestModel(NEVER), await startTestModel(NEVER)];
    const routes = table(
      endpoint([deployment('blue', [slow.port, other.port], { requestTimeoutMs: 40 })], {
        idempotentPredictions: true,
      }),
    );
    const { port, records } = await startGateway(routes);
    const answer = await requestOnce(port, post());
    expect([answer.status, answer.json()['code']]).toEqual([504, 'model.timeout']);
    expect(answer.field('azureml-model-deployment')).toBe('blue');
    expect(slow.requests.length + other.requests.length).toBe(1);
    await until(() => slow.sockets.size + other.sockets.size === 0);
    expect((await records())[0]).toMatchObject({ status: 504, reason: 'model_timeout' });
  });

  it('in time is 408 where the endpoint maps model errors as the original does', async () => {
    const { port } = await startSimple(NEVER, { mapModelErrors: true }, { deployment: { requestTimeoutMs: 30 } });
    expect((await requestOnce(port, post())).status).toBe(408);
  });

  it('may take longer than that when it has begun to answer', async () => {
    const { port, model } = await startSimple(
      says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na'),
      {},
      { deployment: { requestTimeoutMs: 500 } },
    );
    const client = await RawClient.connect(port);
    client.send(post());
    await client.received('\r\n\r\na');
    const begun = performance.now();
    await until(() => performance.now() - begun > 600);
    for (const socket of model.sockets) socket.write('b');
    expect((await client.response()).body).toBe('ab');
  });

  it('and hangs up is 502; the request is not sent again', async () => {
    const { port, model } = await startSimple(HANG_UP);
    const answer = await requestOnce(port, post());
    expect([answer.status, answer.json()['code']]).toEqual([502, 'gateway.upstream_closed']);
    expect(model.requests).toHaveLength(1);
  });

  it('and hangs up under a request that may be repeated is replaced by another one', async () => {
    const [bad, good] = [await startTestModel(HANG_UP), await startTestModel()];
    const { port } = await startGateway(table(endpoint([deployment('blue', [bad.port, good.port])])));
    for (let i = 0; i < 4; i += 1) expect((await requestOnce(port, get())).status).toBe(200);
    expect(bad.requests.length).toBeGreaterThan(0);
  });

  it('is put out after five failures in a row, while another one works', async () => {
    const [bad, good] = [await startTestModel(HANG_UP), await startTestModel()];
    const told: EjectionReport[] = [];
    const { port, gateway } = await startGateway(table(endpoint([deployment('blue', [bad.port, good.port])])), {
      onEjection: (report) => told.push(report),
    });
    for (let i = 0; i < 20; i += 1) await requestOnce(port, post());
    expect(bad.requests).toHaveLength(5);
    expect(gateway.core.counters.get('ejections')).toBe(1);
    const ejection = { reason: expect.stringContaining('upstream_closed'), untilMs: expect.any(Number) };
    expect(told).toEqual([{ instance: 'blue-0', ejection }]);
  });

  it('is not put out for its own errors', async () => {
    const model = await startTestModel(says('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n'));
    const good = await startTestModel();
    const { port } = await startGateway(table(endpoint([deployment('blue', [model.port, good.port])])));
    for (let i = 0; i < 20; i += 1) await requestOnce(port, post());
    expect(model.requests.length).toBeGreaterThan(5);
  });
});

describe('a deployment whose instances are starting', () => {
  const cold = (coldSlots = 4) => deployment('blue', [], { coldSlots });

  it('lets its callers wait, and answers them when the first is ready', async () => {
    const model = await startTestModel();
    const woken: string[] = [];
    const { port, gateway } = await startGateway(table(endpoint([cold()])), {
      onNoInstance: (name) => woken.push(name),
    });
    const answers = Array.from({ length: 5 }, () => requestOnce(port, post()));
    await until(() => gateway.core.counters.get('cold_waits') === 5);
    expect(woken).toContain('iris');
    gateway.install(table(endpoint([deployment('blue', [model.port])])));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('refuses them when none is on its way any more, or none comes in time', async () => {
    const { port, gateway } = await startGateway(table(endpoint([cold()])), { settings: { coldHoldMs: 300_000 } });
    const given = requestOnce(port, post());
    await until(() => gateway.core.counters.get('cold_waits') === 1);
    gateway.install(table(endpoint([deployment('blue', [])])));
    expect(await given).toMatchObject({ status: 503 });
    const other = await startGateway(table(endpoint([cold()])), { settings: { coldHoldMs: 20 } });
    const late = await requestOnce(other.port, post());
    expect([late.status, late.json()['code']]).toEqual([503, 'gateway.no_ready_instance']);
  });

  it('holds no more of them than its instances could have waiting', async () => {
    const { port, gateway } = await startGateway(table(endpoint([cold(5)])), { settings: { drainTimeoutMs: 0 } });
    for (let i = 0; i < 10; i += 1) void requestOnce(port, post()).catch(() => undefined);
    await until(() => gateway.core.counters.get('cold_waits') === 10);
    expect((await requestOnce(port, post())).status).toBe(429);
  });
});

describe('an instance that joins others', () => {
  /** The endpoint is in use from its first call on, also one that it refuses. */
  async function knock(port: number): Promise<void> {
    expect((await requestOnce(port, post().replace(KEY, 'no-key-of-it'))).status).toBe(401);
  }

  /** Requests at the first and the second of two instances, of which the second came later, when six are under way. */
  async function spread(slowStartMs: number): Promise<[number, number]> {
    const [first, second] = [await startTestModel(NEVER), await startTestModel(NEVER)];
    const both = deployment('blue', [first.port, second.port]);
    const { port, gateway } = await startGateway(
      table(endpoint([{ ...both, instances: both.instances.slice(0, 1) }])),
      { settings: { slowStartMs, drainTimeoutMs: 0 } },
    );
    await knock(port);
    gateway.install(table(endpoint([both])));
    for (let i = 0; i < 6; i += 1) void requestOnce(port, post()).catch(() => undefined);
    await until(() => first.requests.length + second.requests.length === 6);
    return [first.requests.length, second.requests.length];
  }

  it('gets little at first, so that cold caches do not slow everybody down', async () => {
    expect(await spread(3_600_000)).toEqual([6, 0]);
  });

  it('gets something, also where one request follows the other', async () => {
    const [first, second] = [await startTestModel(), await startTestModel()];
    const both = deployment('blue', [first.port, second.port]);
    const { port, gateway } = await startGateway(
      table(endpoint([{ ...both, instances: both.instances.slice(0, 1) }])),
      { settings: { slowStartMs: 3_600_000 } },
    );
    await knock(port);
    gateway.install(table(endpoint([both])));
    for (let i = 0; i < 40; i += 1) await requestOnce(port, post());
    expect(second.requests.length).toBeGreaterThan(0);
    expect(second.requests.length).toBeLessThan(8);
  });

  it('gets its whole share when its slow start is over', async () => {
    expect(await spread(0)).toEqual([3, 3]);
  });
});

describe('a kept connection', () => {
  /** Answers the first request of a connection and hangs up on the second. */
  const closesOnReuse = (): Answer => {
    const used = new WeakSet<object>();
    return (request, socket) => {
      if (used.has(socket)) return void socket.destroy();
      used.add(socket);
      OK(request, socket);
    };
  };

  it('that closes under an idempotent request costs nothing: the request goes out again', async () => {
    const { port, model, records } = await startSimple(closesOnReuse());
    const client = await RawClient.connect(port);
    for (let i = 0; i < 4; i += 1) expect((await client.request(get())).status).toBe(200);
    expect(model.connections).toBe(4);
    expect((await records()).map(({ flags }) => flags)).toEqual([0, 4, 4, 4]);
  });

  it('that closes under a prediction which may have had an effect is 502', async () => {
    const { port, model } = await startSimple(closesOnReuse());
    const client = await RawClient.connect(port);
    expect((await client.request(post())).status).toBe(200);
    expect((await client.request(post())).status).toBe(502);
    expect(model.requests).toHaveLength(2);
  });

  it('that closes under a prediction is retried where the endpoint says that predictions are idempotent', async () => {
    const { port, model } = await startSimple(closesOnReuse(), { idempotentPredictions: true });
    const client = await RawClient.connect(port);
    expect((await client.request(post('{"a":1}'))).status).toBe(200);
    expect((await client.request(post('{"a":2}'))).status).toBe(200);
    expect(model.requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":2}', '{"a":2}']);
  });

  it('is not used once it is too old, sooner for requests that cannot be sent twice', async () => {
    const { port, model } = await startSimple(undefined, {}, { settings: { upstreamIdleUnrepeatableMs: 0 } });
    const client = await RawClient.connect(port);
    await client.request(get());
    await client.request(get());
    expect(model.connections).toBe(1);
    await client.request(post());
    expect(model.connections).toBe(2);
  });

  it('is closed before the server’s announced time is up', async () => {
    const { port, model } = await startSimple(
      says('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n'),
    );
    const client = await RawClient.connect(port);
    await client.request(get());
    await client.request(get());
    expect(model.connections).toBe(2);
  });

  it('is not kept after an answer that says close', async () => {
    const { port, model } = await startSimple(
      says('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
    const client = await RawClient.connect(port);
    await client.request(get());
    expect((await client.request(get())).status).toBe(200);
    expect(model.connections).toBe(2);
  });

  it('ends with its instance, and another generation at the same address gets its own', async () => {
    const { port, model, gateway } = await startSimple();
    const client = await RawClient.connect(port);
    await client.request(get());
    const next = deployment('blue', [model.port]);
    next.instances = next.instances.map((instance) => ({ ...instance, generation: 2 }));
    gateway.install(table(endpoint([next])));
    await until(() => model.sockets.size === 0);
    expect((await client.request(get())).status).toBe(200);
    expect(model.connections).toBe(2);
  });
});

describe('a removed instance', () => {
  it('ends the request that it has and gets no more', async () => {
    const [old, fresh] = [await startTestModel(NEVER), await startTestModel()];
    const { port, gateway } = await startGateway(table(endpoint([deployment('blue', [old.port])])));
    const waiting = await RawClient.connect(port);
    waiting.send(post());
    await old.seen(1);
    const next = deployment('blue', [fresh.port]);
    next.instances = next.instances.map((instance) => ({ ...instance, id: 'fresh' }));
    gateway.install(table(endpoint([next])));
    expect((await requestOnce(port, post())).status).toBe(200);
    for (const socket of old.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold');
    expect((await waiting.response()).body).toBe('old');
    await until(() => old.sockets.size === 0);
    expect(old.requests).toHaveLength(1);
  });
});

describe('slots and queue', () => {
  const oneSlot = (port: number, more = {}) => {
    const one = deployment('blue', [port], more);
    one.instances = one.instances.map((instance) => ({ ...instance, maxConcurrency: 1 }));
    return table(endpoint([one]));
  };
  const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  it('never exceed what an instance takes at once, and serve who waits in order', async () => {
    const model = await startTestModel(NEVER);
    const { port } = await startGateway(oneSlot(model.port));
    const clients: RawClient[] = [];
    for (let i = 0; i < 5; i += 1) {
      const client = await RawClient.connect(port);
      clients.push(client.send(get(`/iris/${i}`)));
      if (i === 0) await model.seen(1);
    }
    for (const [i, client] of clients.entries()) {
      await model.seen(i + 1);
      expect(model.requests).toHaveLength(i + 1);
      for (const socket of model.sockets) socket.write(ANSWER);
      expect((await client.response()).body).toBe('ok');
    }
    expect(model.requests.map(({ path }) => path).toSorted()).toEqual(['/0', '/1', '/2', '/3', '/4']);
  });

  it('are waited for at another instance by a request that one has just failed', async () => {
    const [bad, good] = [await startTestModel(NEVER), await startTestModel(NEVER)];
    const pair = deployment('blue', [bad.port, good.port]);
    pair.instances = pair.instances.map((instance) => ({ ...instance, maxConcurrency: 1 }));
    const { port, gateway } = await startGateway(table(endpoint([pair])));
    const clients = [await RawClient.connect(port), await RawClient.connect(port)];
    for (const client of clients) client.send(get());
    await Promise.all([bad.seen(1), good.seen(1)]);
    for (const socket of bad.sockets) socket.destroy();
    await until(() => gateway.core.counters.get('retries') === 1);
    for (const socket of good.sockets) socket.write(ANSWER);
    await good.seen(2);
    for (const socket of good.sockets) socket.write(ANSWER);
    for (const client of clients) expect((await client.response()).status).toBe(200);
    expect(bad.requests).toHaveLength(1);
  });

  it('turn away with 429 what does not fit into the queue', async () => {
    const model = await startTestModel(NEVER);
    const { port, gateway, records } = await startGateway(oneSlot(model.port));
    const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(port)));
    const answers = clients.map((client) => client.request(post()));
    const refused = await Promise.race(answers);
    expect([refused.status, refused.json()['code']]).toEqual([429, 'gateway.queue_full']);
    expect(Number(refused.field('retry-after'))).toBeGreaterThan(0);
    await until(() => gateway.core.counters.get('shed.queue_full') === 3);
    expect((await records()).map(({ reason }) => reason)).toEqual(['queue_full', 'queue_full', 'queue_full']);
    for (const client of clients) client.close();
    await Promise.allSettled(answers);
  });

  it('answer 503 to who has waited too long', async () => {
    const model = await startTestModel(NEVER);
    const { port } = await startGateway(oneSlot(model.port, { maxQueueWaitMs: 30 }));
    const first = await RawClient.connect(port);
    first.send(post());
    await model.seen(1);
    const late = await requestOnce(port, post());
    expect([late.status, late.json()['code']]).toEqual([503, 'gateway.queue_timeout']);
    expect(Number(late.field('retry-after'))).toBeGreaterThan(0);
  });

  it('forget a client that has left', async () => {
    const model = await startTestModel(NEVER);
    const { port, gateway } = await startGateway(oneSlot(model.port));
    const first = await RawClient.connect(port);
    first.send(post());
    await model.seen(1);
    const leaving = await RawClient.connect(port);
    leaving.send(post());
    const queued = (): number => gateway.core.routes.find('iris')?.byName.get('blue')?.pool.queued ?? 0;
    await until(() => queued() === 1);
    leaving.socket.resetAndDestroy();
    await until(() => queued() === 0);
    for (const socket of model.sockets) socket.write(ANSWER);
    expect((await first.response()).body).toBe('ok');
    expect(model.requests).toHaveLength(1);
  });

  it('hand on the body that came while the request waited', async () => {
    const model = await startTestModel(NEVER);
    const { port } = await startGateway(oneSlot(model.port));
    const first = await RawClient.connect(port);
    first.send(post());
    await model.seen(1);
    const second = await RawClient.connect(port);
    const body = 'x'.repeat(300_000);
    second.send(post(body));
    for (const socket of model.sockets) socket.write(ANSWER);
    await first.response();
    expect((await model.seen(2)).body).toBe(body);
  });

  it('spread over instances by who has least to do', async () => {
    const models = [await startTestModel(NEVER), await startTestModel(NEVER), await startTestModel(NEVER)];
    const { port } = await startGateway(
      table(
        endpoint([
          deployment(
            'blue',
            models.map((model) => model.port),
          ),
        ]),
      ),
    );
    for (let i = 0; i < 9; i += 1) (await RawClient.connect(port)).send(post());
    await until(() => models.every(({ requests }) => requests.length === 3));
    expect(models.map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
  });
});

describe('limits of an endpoint', () => {
  const none = { requestsPerSecond: null, concurrency: null, maxBodyBytes: null };

  it('turn away more requests a second than it takes', async () => {
    const { port, model } = await startSimple(undefined, { limits: { ...none, requestsPerSecond: 3 } });
    const client = await RawClient.connect(port);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await client.request(get())).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await client.request(get());
    expect(refused.json()['code']).toBe('gateway.rate_limited');
    expect(refused.json()['detail']).toContain('requests_per_second');
    expect(Number(refused.field('retry-after'))).toBeGreaterThan(0);
    expect(model.requests).toHaveLength(3);
  });

  it('are told in words that fit their number', async () => {
    const { port } = await startSimple(undefined, { limits: { ...none, requestsPerSecond: 1 } });
    const client = await RawClient.connect(port);
    await client.request(get());
    const refused = await client.request(get());
    expect(refused.json()['detail']).toBe('This endpoint takes 1 request a second (limits.requests_per_second).');
  });

  it('turn away more requests at once than it takes, and count those that end however they end', async () => {
    const { port, model } = await startSimple(NEVER, { limits: { ...none, concurrency: 2 } });
    const [first, second] = [await RawClient.connect(port), await RawClient.connect(port)];
    first.send(get());
    second.send(get());
    await model.seen(2);
    const refused = await requestOnce(port, get());
    expect([refused.status, refused.json()['code']]).toEqual([429, 'gateway.concurrency_limited']);
    first.socket.resetAndDestroy();
    await until(() => model.sockets.size === 1);
    model.answer = OK;
    expect((await requestOnce(port, get())).status).toBe(200);
    expect((await requestOnce(port, `GET /iris/x HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`)).status).toBe(200);
  });
});
