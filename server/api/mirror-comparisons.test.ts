import { request } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { startTelemetry } from '#server/telemetry/telemetry-process.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

let api: TestApi;
let telemetry: { stop: () => Promise<void> };
beforeAll(async () => {
  api = await startTestApi();
  telemetry = await startTelemetry({
    folder: api.dataDir.telemetry,
    socketPath: api.dataDir.telemetrySocket,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
  });
});
afterAll(async () => {
  await api.stop();
  await telemetry.stop();
});

let sequence = 0;

/** Tells telemetry of comparisons as a gateway worker does. */
function tell(...records: object[]): Promise<void> {
  sequence += 1;
  const told = { version: 1, source: 'worker', sequence, dropped: 0, records };
  const socketPath = api.dataDir.telemetrySocket;
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method: 'POST', path: '/ingest/comparisons' }, (response) => {
      response.resume();
      if (response.statusCode === 200) response.on('end', resolve);
      else reject(new Error(`Telemetry answered ${response.statusCode}.`));
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(told));
  });
}

const compared = (endpoint: string, change: object = {}) => ({
  atMs: Date.now(),
  endpoint,
  live: 'blue',
  mirror: 'shadow',
  outcome: 'agreed',
  liveMs: 5,
  mirrorMs: 8,
  maxDifference: 0,
  ...change,
});

function differing(endpoint: string) {
  const excerpt = (text: string) => ({ text, bytes: text.length, is_whole: true });
  const bodies = { request: excerpt('{"x":1}'), liveAnswer: excerpt('["cat"]'), mirrorAnswer: excerpt('["dog"]') };
  const detail = { requestId: 'req-1', path: '/0', liveStatus: 200, mirrorStatus: 200, ...bodies };
  return compared(endpoint, { outcome: 'label', maxDifference: null, detail });
}

describe('comparisons of mirrors', () => {
  test('are told with their rate, their times and the pairs that disagree', async () => {
    await api.call('PUT', '/endpoints/iris', {});
    expect((await api.call('GET', '/endpoints/iris/mirror-comparisons')).body).toMatchObject({
      mirrors: [],
      pairs: [],
    });
    await tell(compared('iris'), compared('iris'), compared('iris'), differing('iris'), compared('other'));
    const { status, body } = await api.call('GET', '/endpoints/IRIS/mirror-comparisons');
    expect(status).toBe(200);
    expect(body.mirrors).toMatchObject([
      { live: 'blue', mirror: 'shadow', compared: 4, agreed: 3, agreement_rate: 0.75, disagreed: { label: 1 } },
    ]);
    expect(body.mirrors[0].latency_difference_ms.p50).toBeCloseTo(3, 0);
    expect(body.pairs).toMatchObject([
      {
        request_id: 'req-1',
        reason: 'label',
        path: '/0',
        live_answer: { text: '["cat"]' },
        mirror_answer: { text: '["dog"]' },
      },
    ]);
    const none = await api.call('GET', '/endpoints/iris/mirror-comparisons?limit=0');
    expect(none.body).toMatchObject({ mirrors: [{ compared: 4 }], pairs: [] });
  });

  test('outside the range that is asked for are left out', async () => {
    const range = 'from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z';
    const { body } = await api.call('GET', `/endpoints/iris/mirror-comparisons?${range}`);
    expect(body).toMatchObject({ from: '2020-01-01T00:00:00Z', mirrors: [], pairs: [] });
  });

  test('of an earlier endpoint of that name are nobody else’s to see', async () => {
    await api.call('PUT', '/endpoints/reborn', {});
    await tell(differing('reborn'));
    const deletion = await api.call('DELETE', '/endpoints/reborn');
    await api.ended(deletion.body.id);
    expect((await api.call('GET', '/endpoints/reborn/mirror-comparisons')).status).toBe(404);
    await api.call('PUT', '/endpoints/reborn', {});
    const { body } = await api.call('GET', '/endpoints/reborn/mirror-comparisons?from=2020-01-01T00:00:00Z');
    expect(body.pairs).toEqual([]);
  });

  test('are refused without a key, for no endpoint, and for a range that ends before it begins', async () => {
    const path = '/endpoints/iris/mirror-comparisons';
    expect((await api.call('GET', path, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect(await api.call('GET', '/endpoints/none/mirror-comparisons')).toMatchObject({ status: 404 });
    const range = 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z';
    expect(await api.call('GET', `${path}?${range}`)).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
    expect(await api.call('GET', `${path}?limit=201`)).toMatchObject({ status: 422 });
  });
});
