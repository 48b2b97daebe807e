import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { type Answer, says } from './testing/raw-model.ts';
import { deployment, endpoint, post, startGateway, startTestModel, table, until } from './testing/start-gateway.ts';

function json(body: string, status = '200 OK', fields = ''): Answer {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${fields}Content-Length: ${Buffer.byteLength(body)}`;
  return (_request, socket) => void socket.write(`${head}\r\n\r\n${body}`);
}

interface Setup {
  samplePercent?: number;
  relativeTolerance?: number;
  settings?: object;
  shadowOptions?: object;
  endpointOptions?: object;
}

/** A live deployment and a mirror that gets every request; answers are compared. */
async function startCompared(live: Answer, shadow: Answer, setup: Setup = {}) {
  const models = [await startTestModel(live), await startTestModel(shadow)] as const;
  const {
    samplePercent = 100,
    relativeTolerance = 0.01,
    settings = {},
    shadowOptions = {},
    endpointOptions = {},
  } = setup;
  const routes = table(
    endpoint(
      [
        deployment('blue', [models[0].port]),
        deployment('shadow', [models[1].port], { weight: 0, mirrorPercent: 100, ...shadowOptions }),
      ],
      { mirrorComparison: { samplePercent, relativeTolerance }, ...endpointOptions },
    ),
  );
  return { live: models[0], shadow: models[1], ...(await startGateway(routes, { settings })) };
}

/** What came of the comparisons, once there are as many. */
async function compared(gateway: Awaited<ReturnType<typeof startCompared>>, count = 1) {
  let seen = await gateway.comparisons();
  await until(() => {
    void gateway.comparisons().then((all) => (seen = all));
    return seen.length === count;
  });
  return seen;
}

async function compareOnce(live: Answer, shadow: Answer, setup?: Setup) {
  const gateway = await startCompared(live, shadow, setup);
  const answer = await requestOnce(gateway.port, post('{"x":1}'));
  const [record] = await compared(gateway);
  return { ...gateway, answer, record: record! };
}

describe('answers of a mirror', () => {
  it('that say the same agree, however they are framed', async () => {
    const chunked = says(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"p": \r\n8\r\n[0.5, 1]\r\n1\r\n}\r\n0\r\n\r\n',
    );
    const { record, answer, gateway } = await compareOnce(json('{"p":[0.5,1]}'), chunked);
    expect(answer.body).toBe('{"p":[0.5,1]}');
    expect(record).toMatchObject({
      endpoint: 'iris',
      live: 'blue',
      mirror: 'shadow',
      outcome: 'agreed',
      maxDifference: 0,
    });
    expect(record.detail).toBeUndefined();
    expect(record.liveMs).toBeGreaterThan(0);
    expect(record.mirrorMs).toBeGreaterThan(0);
    expect(gateway.core.comparer.heldBytes).toBe(0);
  });

  it('whose numbers are within the tolerance agree', async () => {
    const { record } = await compareOnce(json('[100]'), json('[100.5]'));
    expect(record).toMatchObject({ outcome: 'agreed', maxDifference: expect.closeTo(0.005, 4) });
  });

  it('whose numbers are outside of it disagree, and are told', async () => {
    const { record, live } = await compareOnce(json('{"p":[100]}'), json('{"p":[110]}'));
    expect(record).toMatchObject({ outcome: 'number', maxDifference: expect.closeTo(10 / 110) });
    expect(record.detail).toMatchObject({
      requestId: live.requests[0]?.field('x-request-id'),
      path: '/p/0',
      liveStatus: 200,
      mirrorStatus: 200,
      request: { text: '{"x":1}', bytes: 7, is_whole: true },
      liveAnswer: { text: '{"p":[100]}', bytes: 11, is_whole: true },
      mirrorAnswer: { text: '{"p":[110]}', bytes: 11, is_whole: true },
    });
  });

  it('with another label disagree', async () => {
    const { record } = await compareOnce(json('["cat"]'), json('["dog"]'));
    expect([record.outcome, record.detail?.path]).toEqual(['label', '/0']);
  });

  it('with another status disagree, also where the client is told a mapped one', async () => {
    const endpointOptions = { mapModelErrors: true };
    const { answer, record } = await compareOnce(json('{}', '500 X'), json('{}', '422 X'), { endpointOptions });
    expect(answer.status).toBe(424);
    expect(record).toMatchObject({ outcome: 'status', detail: { liveStatus: 500, mirrorStatus: 422 } });
  });

  it.each([
    ['stream', says('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 2\r\n\r\n:\n')],
    ['encoded', json('x', '200 OK', 'Content-Encoding: gzip\r\n')],
    ['too_large', json(`"${'x'.repeat(64 * 1024)}"`)],
    [
      'too_large',
      says(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n${'x'.repeat(65_537)}\r\n0\r\n\r\n`),
    ],
    ['no_answer', (_request, socket) => socket.destroy()],
  ] satisfies [string, Answer][])('are not compared: %s', async (outcome, shadow) => {
    const { record, gateway } = await compareOnce(json('{}'), shadow);
    expect(record).toMatchObject({ outcome, maxDifference: null });
    expect(gateway.core.comparer.heldBytes).toBe(0);
  });

  it('are not compared with an answer of the gateway itself', async () => {
    const { record } = await compareOnce((_request, socket) => socket.destroy(), json('{}'));
    expect(record.outcome).toBe('no_answer');
  });

  it('are compared for the share of the copies that was asked for', async () => {
    const gateway = await startCompared(json('[1]'), json('[1]'), { samplePercent: 25 });
    const client = await RawClient.connect(gateway.port);
    for (let i = 0; i < 40; i += 1) await client.request(post());
    await until(() => gateway.gateway.core.counters.get('mirror.answered') === 40);
    expect(await compared(gateway, 10)).toHaveLength(10);
  });

  it('are kept in parts of 4 KiB, cut between characters', async () => {
    const { record } = await compareOnce(json(`"${'é'.repeat(4000)}"`), json('""'));
    expect(record.detail?.liveAnswer).toMatchObject({ bytes: 8_002, is_whole: false });
    expect(record.detail?.liveAnswer.text).toBe(`"${'é'.repeat(2047)}`);
  });

  it('that never come delay no live answer', async () => {
    const gateway = await startCompared(json('[1]'), () => undefined, { shadowOptions: { requestTimeoutMs: 30 } });
    const client = await RawClient.connect(gateway.port);
    // Each answer is read before the next request is sent, and the mirror answers none.
    for (let i = 0; i < 20; i += 1) expect((await client.request(post())).body).toBe('[1]');
    const records = await compared(gateway, 20);
    expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['no_answer']));
    expect(gateway.gateway.core.comparer.heldBytes).toBe(0);
  });

  it('for which there is no room are dropped and counted, and the live answer is whole', async () => {
    const large = JSON.stringify('x'.repeat(60_000));
    const gateway = await startCompared(json(large), json(large), { settings: { comparisonMemoryBytes: 50_000 } });
    expect((await requestOnce(gateway.port, post())).body).toBe(large);
    await until(() => gateway.gateway.core.counters.get('mirror.comparison_dropped') === 1);
    expect(gateway.gateway.core.comparer.heldBytes).toBe(0);
  });

  it('whose client has left hold nothing back', async () => {
    const gateway = await startCompared(() => undefined, json('[1]'));
    const client = await RawClient.connect(gateway.port);
    client.send(post());
    await gateway.shadow.seen(1);
    client.close();
    expect((await compared(gateway))[0]?.outcome).toBe('no_answer');
    expect(gateway.gateway.core.comparer.heldBytes).toBe(0);
  });
});
