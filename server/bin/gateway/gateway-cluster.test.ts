import { RECORD_WIDTH } from '#server/telemetry/request-record.ts';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { RawClient, requestOnce } from '#server/gateway/testing/raw-client.ts';
import { type Answer, OK, says } from '#server/gateway/testing/raw-model.ts';
import { startCluster, startTelemetry, temporaryDataDir, underLoad } from './start-cluster.ts';
import {
  deployment,
  digest,
  endpoint,
  get,
  KEY,
  post,
  startTestModel,
  table,
  until,
} from '#server/gateway/testing/start-gateway.ts';

const NEVER: Answer = () => undefined;

// Every test starts processes of its own, which takes a while on a busy host.
vi.setConfig({ testTimeout: 60_000 });

describe('the route table', () => {
  it('is served from disk before any control plane comes', async () => {
    const model = await startTestModel();
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])) });
    await cluster.ready();
    expect((await requestOnce(cluster.port, post())).status).toBe(200);
  });

  it('counts as served when every worker has it and a restart would too', async () => {
    const model = await startTestModel();
    const cluster = startCluster();
    await cluster.ready();
    expect((await requestOnce(cluster.port, post())).status).toBe(503);
    const controlPlane = await cluster.controlPlane();
    const routes = table(endpoint([deployment('blue', [model.port])]));
    await controlPlane.push(routes);
    expect(controlPlane.workers).toHaveLength(2);
    expect(controlPlane.workers.map(({ pid }) => pid).toSorted()).toEqual(cluster.workerPids.toSorted());
    expect(cluster.readTableOnDisk()).toEqual(routes);
    for (let i = 0; i < 10; i += 1) expect((await requestOnce(cluster.port, post())).status).toBe(200);
  });

  it('goes on to be served when the control plane and the whole gateway have died', async () => {
    const model = await startTestModel();
    const first = startCluster();
    await first.ready();
    const controlPlane = await first.controlPlane();
    await controlPlane.push(table(endpoint([deployment('blue', [model.port])])));
    controlPlane.close();
    expect((await requestOnce(first.port, post())).status).toBe(200);
    first.signal('SIGKILL');
    await first.exited();
    const second = startCluster({ dataDir: first.dataDir });
    await second.ready();
    expect((await requestOnce(second.port, post())).status).toBe(200);
  });

  it('that cannot be understood is refused, and the last good one stays', async () => {
    const model = await startTestModel();
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])) });
    await cluster.ready();
    const controlPlane = await cluster.controlPlane();
    controlPlane.sendText(
      '{"type":"table","table":{"version":1,"revision":99,"endpoints":[{"name":"x"}]}}\nnot json\n',
    );
    const refused = await controlPlane.frame('refused');
    expect(refused).toMatchObject({ revision: 99 });
    expect(refused.reason).toContain('endpoints');
    expect((await requestOnce(cluster.port, post())).status).toBe(200);
  });

  it('changes a hundred times under load without one failed request', async () => {
    const [blue, green] = [await startTestModel(), await startTestModel()];
    const routes = (weight: number) =>
      table(
        endpoint([
          deployment('blue', [blue.port], { weight }),
          deployment('green', [green.port], { weight: 100 - weight }),
        ]),
      );
    const cluster = startCluster({ onDisk: routes(100) });
    await cluster.ready();
    const controlPlane = await cluster.controlPlane();
    const report = await underLoad(cluster.port, post(), 8, async () => {
      for (let i = 0; i < 100; i += 1) await controlPlane.push(routes(i));
    });
    expect(report.failures).toEqual([]);
    expect(green.requests.length).toBeGreaterThan(0);
  });
});

describe('workers', () => {
  it('that are killed take only their own requests with them and are replaced', async () => {
    const model = await startTestModel();
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])) });
    await cluster.ready();
    const clients = 8;
    const kills = 3;
    const report = await underLoad(cluster.port, post(), clients, async () => {
      for (let i = 0; i < kills; i += 1) {
        const [victim = 0] = cluster.workerPids;
        process.kill(victim, 'SIGKILL');
        await until(() => cluster.workerPids.length === 2 && !cluster.workerPids.includes(victim));
      }
    });
    expect(report.failures.length).toBeLessThanOrEqual(clients * kills);
    expect(report.failures.filter((failure) => failure.startsWith('status') || failure.startsWith('connect'))).toEqual(
      [],
    );
    expect((await requestOnce(cluster.port, post())).status).toBe(200);
  });

  it('come back on the same port when all of them die at once', async () => {
    const model = await startTestModel();
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])) });
    await cluster.ready();
    const old = [...cluster.workerPids];
    for (const pid of old) process.kill(pid, 'SIGKILL');
    const controlPlane = await cluster.controlPlane();
    await until(
      () =>
        controlPlane.workers.length === 2 &&
        controlPlane.workers.every(({ pid, served }) => !old.includes(pid) && served > 0),
    );
    expect((await requestOnce(cluster.port, post())).status).toBe(200);
  });

  it('are replaced on SIGHUP without one failed request', async () => {
    const model = await startTestModel();
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])) });
    await cluster.ready();
    const old = [...cluster.workerPids];
    const report = await underLoad(cluster.port, post(), 8, async () => {
      cluster.signal('SIGHUP');
      await until(() => cluster.workerPids.length === 2 && cluster.workerPids.every((pid) => !old.includes(pid)));
      await until(() => old.every((pid) => !isRunning(pid)));
    });
    expect(report.failures).toEqual([]);
    expect(report.answers).toBeGreaterThan(50);
  });

  it('finish what they have on SIGTERM, then the gateway ends with status 0', async () => {
    const model = await startTestModel(NEVER);
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])), workers: 1 });
    await cluster.ready();
    const [idle, busy] = [await RawClient.connect(cluster.port), await RawClient.connect(cluster.port)];
    busy.send(post());
    await model.seen(1);
    cluster.signal('SIGTERM');
    expect(await idle.untilEnd()).toBe('');
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate');
    const answer = await busy.response();
    expect([answer.body, answer.field('connection')]).toEqual(['late', 'close']);
    busy.close();
    idle.close();
    expect(await cluster.exited()).toBe(0);
  });
});

describe('what workers share', () => {
  it('an instance with one slot never has two requests, whichever workers they come through', async () => {
    let running = 0;
    let most = 0;
    const model = await startTestModel((request, socket) => {
      running += 1;
      most = Math.max(most, running);
      setImmediate(() => {
        running -= 1;
        OK(request, socket);
      });
    });
    const one = deployment('blue', [model.port]);
    one.instances = one.instances.map((instance) => ({ ...instance, maxConcurrency: 1 }));
    const cluster = startCluster({ onDisk: table(endpoint([one])), workers: 3 });
    await cluster.ready();
    const report = await underLoad(cluster.port, post(), 6, () => model.seen(300).then(() => undefined));
    expect(report.failures).toEqual([]);
    expect(most).toBe(1);
  });

  it('a queue takes as many requests as it says, whichever workers they come through', async () => {
    const model = await startTestModel(NEVER);
    const one = deployment('blue', [model.port]);
    one.instances = one.instances.map((instance) => ({ ...instance, maxConcurrency: 1 }));
    const cluster = startCluster({ onDisk: table(endpoint([one])), workers: 4 });
    await cluster.ready();
    const statuses: number[] = [];
    const ask = async (client: RawClient): Promise<void> => void statuses.push((await client.request(post())).status);
    const [first, ...others] = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(cluster.port)));
    const answers = [ask(first as RawClient)];
    await model.seen(1);
    // One runs, eight wait, and there is no place for the tenth.
    answers.push(...others.map(ask));
    await until(() => statuses.length > 0);
    model.answer = OK;
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await Promise.all(answers);
    expect(statuses).toEqual([429, ...Array(9).fill(200)]);
    expect((await requestOnce(cluster.port, post())).status).toBe(200);
  });

  it('a limit on requests at once means what it says', async () => {
    const model = await startTestModel(NEVER);
    const limits = { requestsPerSecond: null, concurrency: 3, maxBodyBytes: null };
    const cluster = startCluster({
      onDisk: table(endpoint([deployment('blue', [model.port])], { limits })),
      workers: 2,
    });
    await cluster.ready();
    const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.connect(cluster.port)));
    for (const client of clients) client.send(get());
    await model.seen(3);
    for (let i = 0; i < 6; i += 1) expect((await requestOnce(cluster.port, get())).status).toBe(429);
    clients[0]?.socket.resetAndDestroy();
    model.answer = OK;
    await until(() => model.sockets.size === 2);
    expect((await requestOnce(cluster.port, get())).status).toBe(200);
  });

  it('a limit of each key means what it says, whichever workers its requests come through', async () => {
    const model = await startTestModel(NEVER);
    const perKey = { requestsPerSecond: null, concurrency: 2, maxBodyBytes: null };
    const limits = { requestsPerSecond: null, concurrency: null, maxBodyBytes: null, perKey };
    const other = 'secondary-key-of-the-endpoint';
    const keys = { primary: KEY, secondary: other };
    const cluster = startCluster({
      onDisk: table(
        endpoint([deployment('blue', [model.port])], {
          limits,
          auth: { mode: 'key', keys: Object.entries(keys).map(([id, key]) => ({ id, sha256: digest(key) })) },
        }),
      ),
      workers: 3,
    });
    await cluster.ready();
    const ask = (key: string): string => get().replace(KEY, key);
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.connect(cluster.port)));
    for (const [index, client] of clients.entries()) client.send(ask(index < 2 ? KEY : other));
    await model.seen(4);
    for (const key of [KEY, other, KEY, other, KEY, other]) {
      const answer = await requestOnce(cluster.port, ask(key));
      expect([answer.status, answer.json()['code']]).toEqual([429, 'gateway.concurrency_limited']);
      expect(answer.json()['detail']).toContain('limits.per_key.concurrency');
      expect(Number(answer.field('retry-after'))).toBeGreaterThan(0);
    }
    clients[0]?.socket.resetAndDestroy();
    model.answer = OK;
    await until(() => model.sockets.size === 3);
    expect((await requestOnce(cluster.port, ask(KEY))).status).toBe(200);
    expect((await requestOnce(cluster.port, ask(other))).status).toBe(429);
  });

  it('a limit on requests a second means what it says', async () => {
    const model = await startTestModel();
    const limits = { requestsPerSecond: 0.001, concurrency: null, maxBodyBytes: null };
    const cluster = startCluster({
      onDisk: table(endpoint([deployment('blue', [model.port])], { limits })),
      workers: 2,
    });
    await cluster.ready();
    const statuses: number[] = [];
    for (let i = 0; i < 8; i += 1) statuses.push((await requestOnce(cluster.port, get())).status);
    expect(statuses).toEqual([200, ...Array(7).fill(429)]);
  });
});

describe('the other processes', () => {
  it('telemetry gets every request, in batches; without telemetry nothing changes', async () => {
    const model = await startTestModel();
    const dataDir = temporaryDataDir();
    const cluster = startCluster({ dataDir, onDisk: table(endpoint([deployment('blue', [model.port])])) });
    await cluster.ready();
    for (let i = 0; i < 10; i += 1) expect((await requestOnce(cluster.port, post())).status).toBe(200);
    const { batches } = await startTelemetry(dataDir.telemetrySocket);
    for (let i = 0; i < 10; i += 1) expect((await requestOnce(cluster.port, post())).status).toBe(200);
    const records = (): number => batches.reduce((sum, batch) => sum + batch.records.length / RECORD_WIDTH, 0);
    await until(() => records() === 20);
    expect(batches.every((batch) => batch.dropped === 0)).toBe(true);
  });

  it('the control plane hears of endpoints without instances and of instances that fail', async () => {
    const broken = createServer().listen(0, '127.0.0.1');
    await once(broken, 'listening');
    const { port } = broken.address() as { port: number };
    await new Promise((resolve) => broken.close(resolve));
    const cluster = startCluster({
      onDisk: table(endpoint([deployment('blue', [port]), deployment('empty', [], { weight: 0 })])),
    });
    await cluster.ready();
    const controlPlane = await cluster.controlPlane();
    await requestOnce(cluster.port, post());
    await requestOnce(cluster.port, post('{}', 'azureml-model-deployment: empty\r\n'));
    expect(await controlPlane.frame('instance_failing')).toMatchObject({
      endpoint: 'iris',
      deployment: 'blue',
      instance: 'blue-0',
    });
    expect(await controlPlane.frame('wake')).toEqual({ type: 'wake', endpoint: 'iris' });
  });

  it('the control plane hears which instances are out, and when they are not served any more', async () => {
    const bad = await startTestModel((_request, socket) => socket.destroy());
    const both = deployment('blue', [bad.port, (await startTestModel()).port]);
    const cluster = startCluster({ onDisk: table(endpoint([both])), workers: 1 });
    await cluster.ready();
    for (let i = 0; i < 12; i += 1) await requestOnce(cluster.port, post());
    const controlPlane = await cluster.controlPlane();
    const told = () => controlPlane.frames.findLast((frame) => frame.type === 'ejections')?.ejections;
    await until(() => told()?.length === 1);
    expect(told()).toMatchObject([{ instance: 'blue-0', workers: 1 }]);
    await controlPlane.push(table(endpoint([{ ...both, instances: both.instances.slice(1) }])));
    await until(() => told()?.length === 0);
  });

  it('somebody who looks for a fault gets a dump of every worker', async () => {
    const model = await startTestModel(says('HTTP/1.1 000 X\r\n\r\n'));
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])), workers: 1 });
    await cluster.ready();
    await requestOnce(cluster.port, post());
    const controlPlane = await cluster.controlPlane();
    controlPlane.send({ type: 'dump', id: 'one' });
    const { id, dump } = await controlPlane.frame('dump');
    expect(id).toBe('one');
    expect(JSON.stringify(dump)).toContain('"protocol_error.response.status":1');
  });

  it('a port that is taken is said in one sentence, with the setting that changes it', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const cluster = startCluster({ port, workers: 1 });
    expect(await cluster.exited()).toBe(78);
    expect(cluster.messages).toContainEqual({
      type: 'fatal',
      text: expect.stringMatching(new RegExp(`Port ${port} .*VIRIDIAN_GATEWAY_PORT`)),
    });
    await new Promise((resolve) => holder.close(resolve));
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
