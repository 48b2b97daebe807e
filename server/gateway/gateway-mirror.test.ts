import { describe, expect, it } from 'vitest';
import { REQUEST_FLAGS } from '#server/telemetry/request-record.ts';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { type Answer, says } from './testing/raw-model.ts';
import {
  deployment,
  endpoint,
  get,
  post,
  startGateway,
  startTestModel,
  table,
  until,
} from './testing/start-gateway.ts';

/** Programs are given no port below 1024. */
const REFUSING_PORT = 1;

async function startMirrored(percent: number, answer?: Answer, more = {}, settings = {}) {
  const [live, shadow] = [await startTestModel(), await startTestModel(answer)];
  const routes = table(
    endpoint([
      deployment('blue', [live.port]),
      deployment('shadow', [shadow.port], { weight: 0, mirrorPercent: percent, ...more }),
    ]),
  );
  return { live, shadow, ...(await startGateway(routes, { settings })) };
}

describe('a mirrored deployment', () => {
  it('gets exact copies, marked, and its answers go nowhere', async () => {
    const { port, live, shadow, records } = await startMirrored(
      100,
      says('HTTP/1.1 500 X\r\nContent-Length: 3\r\n\r\nbad'),
    );
    const answer = await requestOnce(port, post('{"a":1}', 'X-Custom: kept\r\n', '/iris/score?x=1'));
    expect([answer.status, answer.field('azureml-model-deployment')]).toEqual([200, 'blue']);
    const copy = await shadow.seen(1);
    expect([copy.path, copy.body, copy.field('x-custom')]).toEqual(['/score?x=1', '{"a":1}', 'kept']);
    expect(copy.field('azureml-mirrored')).toBe('true');
    expect(copy.field('x-request-id')).toBe(live.requests[0]?.field('x-request-id'));
    expect(live.requests[0]?.field('azureml-mirrored')).toBeUndefined();
    let seen = await records();
    await until(() => {
      void records().then((all) => (seen = all));
      return seen.length === 2;
    });
    expect(seen.map(({ deployment: name, status, flags }) => [name, status, flags])).toEqual(
      expect.arrayContaining([
        ['blue', 200, 0],
        ['shadow', 500, REQUEST_FLAGS.mirrored],
      ]),
    );
  });

  it('gets its share exactly', async () => {
    const { port, shadow, gateway } = await startMirrored(7);
    const client = await RawClient.connect(port);
    for (let i = 0; i < 200; i += 1) await client.request(get());
    await until(() => gateway.core.counters.get('mirror.answered') === 14);
    expect(shadow.requests).toHaveLength(14);
  });

  it('gets nothing of requests that name their deployment', async () => {
    const { port, shadow } = await startMirrored(100);
    await requestOnce(port, post('{}', 'azureml-model-deployment: blue\r\n'));
    await requestOnce(port, post('{}', 'azureml-model-deployment: shadow\r\n'));
    expect(shadow.requests.map((request) => request.field('azureml-mirrored'))).toEqual([undefined]);
  });

  it('gets chunked bodies whole', async () => {
    const { port, shadow } = await startMirrored(100);
    const client = await RawClient.connect(port);
    client.send(get().replace('GET', 'POST').replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n'));
    client.send('5\r\nhello\r\n');
    client.send('1\r\n!\r\n0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
    expect((await shadow.seen(1)).body).toBe('hello!');
  });

  it('that never answers delays nobody and is given up at its deadline', async () => {
    const { port, shadow, gateway } = await startMirrored(100, () => undefined, { requestTimeoutMs: 30 });
    const client = await RawClient.connect(port);
    for (let i = 0; i < 5; i += 1) expect((await client.request(post())).status).toBe(200);
    await until(() => gateway.core.counters.get('mirror.failed_model_timeout') === 5);
    await until(() => shadow.sockets.size === 0);
  });

  it('that cannot keep up loses copies, and they are counted', async () => {
    const { port, gateway } = await startMirrored(
      100,
      () => undefined,
      {},
      { mirrorConcurrency: 3, mirrorBodyBytes: 10 },
    );
    const client = await RawClient.connect(port);
    for (let i = 0; i < 5; i += 1) expect((await client.request(post())).status).toBe(200);
    expect(gateway.core.counters.get('mirror.dropped_busy')).toBe(2);
    expect((await client.request(post('x'.repeat(11)))).status).toBe(200);
    expect(gateway.core.counters.get('mirror.dropped_too_large')).toBe(1);
  });

  it('that refuses connections is left alone after a few of them, and the copies are counted', async () => {
    const live = await startTestModel();
    const { port, gateway } = await startGateway(
      table(
        endpoint([
          deployment('blue', [live.port]),
          deployment('shadow', [REFUSING_PORT], { weight: 0, mirrorPercent: 100 }),
        ]),
      ),
    );
    const { counters } = gateway.core;
    const client = await RawClient.connect(port);
    for (let sent = 1; sent <= 12; sent += 1) {
      expect((await client.request(post())).status).toBe(200);
      const ended = (): number =>
        counters.get('mirror.failed_connect_failed') + counters.get('mirror.failed_no_instance');
      await until(() => ended() === sent);
    }
    expect(counters.get('mirror.failed_connect_failed')).toBe(5);
  });

  it('without an instance is counted too', async () => {
    const live = await startTestModel();
    const { port, gateway } = await startGateway(
      table(endpoint([deployment('blue', [live.port]), deployment('shadow', [], { weight: 0, mirrorPercent: 100 })])),
    );
    expect((await requestOnce(port, post())).status).toBe(200);
    expect(gateway.core.counters.get('mirror.failed_no_instance')).toBe(1);
  });
});
