import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type Answer, type TestApi } from '#server/testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const etagOf = async (path: string): Promise<string> => {
  const { status, headers } = await api.call('GET', path);
  expect(status).toBe(200);
  return headers.get('etag') ?? '';
};

/** Waits for the operation of an answer that has one. */
async function settle({ status, body }: Answer): Promise<void> {
  expect(status).toBeLessThan(300);
  if (status === 202) expect(await api.ended(body.id)).toMatchObject({ status: 'succeeded' });
}

const DEPLOYMENT = { command: ['fake'], instance_type: 'cpu-1' };
const TYPE = { cpu: 1, memory_mib: 512, price_per_hour_micros: 1_000 };
const SAMPLE = { path: 'sample:iris-1' };

test.each<[string, string, string, unknown]>([
  ['an endpoint', '/endpoints/again', 'PUT', {}],
  ['a deployment', '/endpoints/holder/deployments/again', 'PUT', DEPLOYMENT],
  ['an instance type', '/instance-types/again', 'PUT', TYPE],
  ['a model', '/models/again', 'PUT', SAMPLE],
  ['a model version', '/models/again/versions/7', 'PUT', SAMPLE],
])('an ETag of %s that was deleted never fits the next one of that name', async (_what, path, method, body) => {
  await api.call('PUT', '/endpoints/holder', {});
  const make = async (change: object): Promise<void> =>
    settle(await api.call(method, path, { ...(body as object), ...change }));
  const seen = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    await make({});
    const first = await etagOf(path);
    expect(seen).not.toContain(first);
    for (const old of seen) {
      const answer = await api.call('PUT', path, { ...(body as object), description: 'stale' }, { 'if-match': old });
      expect(answer).toMatchObject({ status: 412, body: { code: 'request.precondition_failed' } });
    }
    seen.add(first);
    await make({ description: `changed in round ${round}` });
    seen.add(await etagOf(path));
    await settle(await api.call('DELETE', path));
  }
});

test('an object that stays keeps its ETag while others are deleted', async () => {
  await api.call('PUT', '/endpoints/stays', {});
  const etag = await etagOf('/endpoints/stays');
  await api.call('PUT', '/instance-types/leaves', TYPE);
  await api.call('DELETE', '/instance-types/leaves');
  expect(await etagOf('/endpoints/stays')).toBe(etag);
  const change = await api.call('PUT', '/endpoints/stays', { description: 'x' }, { 'if-match': etag });
  expect(change.status).toBe(200);
});
