import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

let serial = 0;
async function makeEndpoint(settings: Record<string, unknown> = {}): Promise<string> {
  const name = `endpoint-${(serial += 1)}`;
  expect((await api.call('PUT', `/endpoints/${name}`, settings)).status).toBe(201);
  return name;
}

/** A deployment that is ready; the fake world serves it. */
async function deploy(endpoint: string, name: string, query = ''): Promise<void> {
  const body = { command: ['fake'], instance_type: 'cpu-1' };
  const { status, body: operation } = await api.call('PUT', `/endpoints/${endpoint}/deployments/${name}${query}`, body);
  expect(status).toBe(202);
  expect(await api.ended(operation.id)).toMatchObject({ status: 'succeeded' });
}

describe('an endpoint', () => {
  test('is made once and then found in lower case under the same fields that were written', async () => {
    const written = { description: 'x', tags: { team: 'a' }, sticky_header: 'x-user', limits: { concurrency: 4 } };
    const made = await api.call('PUT', '/endpoints/Fraud-Check', { name: 'FRAUD-check', ...written });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/api/v1/endpoints/fraud-check');
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.body).toMatchObject({ name: 'fraud-check', ...written, auth_mode: 'key', state: 'empty', traffic: {} });
    const read = await api.call('GET', '/endpoints/FRAUD-CHECK');
    expect(read).toMatchObject({ status: 200, body: made.body });
    expect(read.body.scoring_uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/fraud-check\/score$/);
  });

  test('written again as it was read changes nothing, and something else raises its revision', async () => {
    const name = await makeEndpoint({ tags: { a: 'b' } });
    const { body } = await api.call('GET', `/endpoints/${name}`);
    const again = await api.call('PUT', `/endpoints/${name}`, { $schema: 'https://example.org/x.json', ...body });
    expect(again).toMatchObject({ status: 200, body: { revision: 1 } });
    const changed = await api.call('PUT', `/endpoints/${name}`, { ...body, description: 'new' });
    expect(changed).toMatchObject({ status: 200, body: { revision: 2, description: 'new', tags: { a: 'b' } } });
  });

  test('put without a field goes back to its default; patched, it keeps it', async () => {
    const name = await makeEndpoint({ description: 'keep', tags: { a: '1', b: '2' }, sticky_header: 'x-a' });
    const patched = await api.call('PATCH', `/endpoints/${name}`, { tags: { b: null, c: '3' }, sticky_header: null });
    expect(patched.body).toMatchObject({ description: 'keep', tags: { a: '1', c: '3' }, sticky_header: null });
    const put = await api.call('PUT', `/endpoints/${name}`, {});
    expect(put.body).toMatchObject({ description: '', tags: {} });
  });

  test('compares the answers of its mirrors as it is told, and refuses what makes no sense', async () => {
    const name = await makeEndpoint();
    expect((await api.call('GET', `/endpoints/${name}`)).body.mirror_comparison).toBeNull();
    const wanted = { sample_percent: 10, relative_tolerance: 0.01 };
    const patched = await api.call('PATCH', `/endpoints/${name}`, { mirror_comparison: wanted });
    expect(patched.body.mirror_comparison).toEqual(wanted);
    const merged = await api.call('PATCH', `/endpoints/${name}`, { mirror_comparison: { sample_percent: 100 } });
    expect(merged.body.mirror_comparison).toEqual({ ...wanted, sample_percent: 100 });
    const put = await api.call('PUT', `/endpoints/${name}`, { mirror_comparison: { ...wanted, sample_percent: 101 } });
    expect(put).toMatchObject({ status: 422, body: { errors: [{ path: '/mirror_comparison/sample_percent' }] } });
    const half = await api.call('PUT', `/endpoints/${name}`, { mirror_comparison: { sample_percent: 5 } });
    expect(half).toMatchObject({ status: 422, body: { errors: [{ path: '/mirror_comparison/relative_tolerance' }] } });
    const off = await api.call('PATCH', `/endpoints/${name}`, { mirror_comparison: null });
    expect(off.body.mirror_comparison).toBeNull();
  });

  test('is made without a body, and never reset by a body that was lost', async () => {
    const made = await api.call('PUT', '/endpoints/without-body');
    expect(made).toMatchObject({ status: 201, body: { description: '', auth_mode: 'key' } });
    await api.call('PATCH', '/endpoints/without-body', { description: 'kept', tags: { team: 'a' } });
    const lost = await api.call('PUT', '/endpoints/without-body');
    expect(lost).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
    expect(lost.body.detail).toContain('or {} to set all of them back');
    const typed = await api.call('PUT', '/endpoints/without-body', '', { 'content-type': 'application/json' });
    expect(typed.status).toBe(400);
    const kept = await api.call('GET', '/endpoints/without-body');
    expect(kept.body).toMatchObject({ description: 'kept', tags: { team: 'a' }, revision: 2 });
    const reset = await api.call('PUT', '/endpoints/without-body', {});
    expect(reset).toMatchObject({ status: 200, body: { description: '', tags: {} } });
  });

  test('takes numbers and truth values of tags and properties as the text that they were written as', async () => {
    const name = await makeEndpoint({ tags: { cost_centre: 4711, live: true }, properties: { ratio: 0.5 } });
    const patched = await api.call('PATCH', `/endpoints/${name}`, { tags: { live: false, cost_centre: null } });
    expect(patched.body).toMatchObject({ tags: { live: 'false' }, properties: { ratio: '0.5' } });
    expect(patched.body.tags).toEqual({ live: 'false' });
  });

  test('says what a name must be when a split holds one that cannot be', async () => {
    const name = await makeEndpoint();
    const answer = await api.call('PUT', `/endpoints/${name}/traffic`, { mirror_traffic: { 'a--b': 5, x: 5 } });
    expect(answer.body.errors).toEqual([
      { path: '/mirror_traffic/a--b', message: expect.stringContaining('only letters, digits and single dashes') },
      { path: '/mirror_traffic/x', message: expect.stringContaining('it must have at least 3 characters') },
    ]);
  });

  test('takes a merge patch under its own media type', async () => {
    const name = await makeEndpoint();
    const headers = { 'content-type': 'application/merge-patch+json' };
    expect((await api.call('PATCH', `/endpoints/${name}`, { description: 'x' }, headers)).status).toBe(200);
  });

  test.each([
    ['a misspelt field', {}, { enviroment: 1 }, 422, 'request.unknown_field', '/enviroment'],
    ['another name than its path', {}, { name: 'other-name' }, 422, 'request.invalid', '/name'],
    ['an auth mode of another service', {}, { auth_mode: 'aad_token' }, 422, 'request.invalid', '/auth_mode'],
    ['a tag that is no text', {}, { tags: { a: {} } }, 422, 'request.invalid', '/tags/a'],
    [
      'a share for what cannot be a name',
      {},
      { mirror_traffic: { a_b: 5 } },
      422,
      'request.invalid',
      '/mirror_traffic/a_b',
    ],
    ['traffic for nobody', {}, { traffic: { blue: 100 } }, 422, 'traffic.unknown_deployment', '/traffic/blue'],
    ['half a percent', {}, { traffic: { blue: 0.5 } }, 422, 'request.invalid', '/traffic/blue'],
  ])('with %s is refused with the field', async (_name, headers, body, status, code, path) => {
    const answer = await api.call('PUT', '/endpoints/refused', body, headers);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path }));
    expect((await api.call('GET', '/endpoints/refused')).status).toBe(404);
  });

  test.each(['ab', 'a--b', '-ab', 'abc-', '1abc', 'a'.repeat(33), 'a_b'])('cannot be called %s', async (name) => {
    expect(await api.call('PUT', `/endpoints/${name}`, {})).toMatchObject({
      status: 422,
      body: { code: 'request.invalid' },
    });
  });

  test('is only made by If-None-Match: *, and only changed at the revision of If-Match', async () => {
    const name = await makeEndpoint();
    const put = (headers: Record<string, string>, path = name) =>
      api.call('PUT', `/endpoints/${path}`, { description: `${headers['if-match']}` }, headers);
    expect(await put({ 'if-none-match': '*' })).toMatchObject({ status: 412 });
    expect(await put({ 'if-match': '"9"' })).toMatchObject({ status: 412, body: { details: { revision: 1 } } });
    expect(await put({ 'if-match': '*' }, 'not-there')).toMatchObject({ status: 412 });
    expect(await put({ 'if-match': '"1"' })).toMatchObject({ status: 200 });
    expect(await put({ 'if-match': '"1"' })).toMatchObject({ status: 412 });
    expect(await put({ 'if-match': '"1", "2"' })).toMatchObject({ status: 200 });
  });

  test('is deleted as an operation, and is gone with its deployments', async () => {
    const name = await makeEndpoint();
    await deploy(name, 'blue', '?all_traffic=true');
    const deleted = await api.call('DELETE', `/endpoints/${name}`);
    expect(deleted.status).toBe(202);
    expect(deleted.headers.get('location')).toBe(`/api/v1/operations/${deleted.body.id}`);
    expect(await api.ended(deleted.body.id)).toMatchObject({ kind: 'endpoint.delete', status: 'succeeded' });
    expect((await api.call('GET', `/endpoints/${name}`)).body.code).toBe('endpoint.not_found');
    expect((await api.call('DELETE', `/endpoints/${name}`)).status).toBe(404);
    expect([...api.world.instances.keys()].filter((id) => id.startsWith(`${name}.`))).toEqual([]);
  });
});

describe('the list of endpoints', () => {
  test('is paged by a stable cursor and filtered by name, tag and state', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) {
      await api.call('PUT', `/endpoints/${name}`, { tags: { list: 'yes', own: name } });
    }
    const first = await api.call('GET', '/endpoints?tag=list=yes&limit=2');
    expect(first.body.items.map((item: { name: string }) => item.name)).toEqual(['list-a', 'list-b']);
    await api.call('PUT', '/endpoints/list-aa', { tags: { list: 'yes' } });
    const second = await api.call('GET', `/endpoints?tag=list=yes&limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body.items.map((item: { name: string }) => item.name)).toEqual(['list-c']);
    expect(second.body.next_cursor).toBeNull();
    const count = async (query: string) => (await api.call('GET', `/endpoints?${query}`)).body.items.length;
    expect(await count('tag=list')).toBe(4);
    expect(await count('tag=own=list-b')).toBe(1);
    expect(await count('name=LIST-A')).toBe(2);
    expect(await count('tag=list&state=empty')).toBe(4);
    expect(await count('tag=list&state=healthy')).toBe(0);
    expect(await count('tag=list&state=Succeeded')).toBe(4);
    expect(await count('tag=list&state=Failed')).toBe(0);
  });

  test.each([
    ['limit=0', 422, 'request.invalid'],
    ['limit=501', 422, 'request.invalid'],
    ['limit=ten', 422, 'request.invalid'],
    ['cursor=nonsense', 400, 'request.bad_cursor'],
    ['state=fine', 422, 'request.invalid'],
    ['nam=x', 422, 'request.unknown_field'],
  ])('refuses ?%s', async (query, status, code) => {
    expect(await api.call('GET', `/endpoints?${query}`)).toMatchObject({ status, body: { code } });
  });

  test('refuses the cursor of another list', async () => {
    const { body } = await api.call('GET', '/instance-types?limit=1');
    expect(await api.call('GET', `/endpoints?cursor=${body.next_cursor}`)).toMatchObject({ status: 400 });
  });
});

describe('traffic', () => {
  test('moves when every gateway worker serves the split, shares the revision of the endpoint, and is remembered', async () => {
    const name = await makeEndpoint();
    await deploy(name, 'blue', '?all_traffic=true');
    await deploy(name, 'green');
    const before = await api.call('GET', `/endpoints/${name}/traffic`);
    expect(before.body.traffic).toEqual({ blue: 100, green: 0 });
    const moved = await api.call(
      'PUT',
      `/endpoints/${name}/traffic`,
      { traffic: { blue: 90, green: 10 }, reason: 'try it' },
      { 'if-match': before.headers.get('etag') ?? '' },
    );
    expect(moved).toMatchObject({ status: 200, body: { traffic: { blue: 90, green: 10 }, workers: { confirmed: 2 } } });
    expect(moved.headers.get('etag')).toBe((await api.call('GET', `/endpoints/${name}`)).headers.get('etag'));
    const served = api.gateway.tables.at(-1);
    expect(served?.revision).toBe(moved.body.route_revision);
    const route = served?.endpoints.find((endpoint) => endpoint.name === name);
    expect(route?.deployments.map(({ name: deployment, weight }) => [deployment, weight])).toEqual([
      ['blue', 90],
      ['green', 10],
    ]);
    const history = (await api.call('GET', `/endpoints/${name}/traffic/history`)).body.items;
    expect(history[0]).toMatchObject({
      traffic: { blue: 90, green: 10 },
      reason: 'try it',
      revision: moved.body.revision,
    });
  });

  test('an absent mirror stays as it is, and a mirror target cannot take live traffic', async () => {
    const name = await makeEndpoint();
    await deploy(name, 'blue', '?all_traffic=true');
    await deploy(name, 'green');
    const put = (body: unknown) => api.call('PUT', `/endpoints/${name}/traffic`, body);
    expect((await put({ mirror_traffic: { green: 10 } })).body).toMatchObject({ traffic: { blue: 100, green: 0 } });
    expect((await put({ traffic: { blue: 100, green: 0 } })).body.mirror_traffic).toEqual({ green: 10 });
    expect(await put({ traffic: { blue: 50, green: 50 } })).toMatchObject({
      status: 422,
      body: { code: 'traffic.mirror_takes_live' },
    });
    expect(await api.call('DELETE', `/endpoints/${name}/deployments/green`)).toMatchObject({
      status: 409,
      body: { code: 'deployment.has_traffic', details: { mirror_percent: 10 } },
    });
  });

  test('that is not in whole percents is refused in words about numbers', async () => {
    const name = await makeEndpoint();
    await deploy(name, 'blue', '?all_traffic=true');
    const words = async (blue: unknown): Promise<string> => {
      const { status, body } = await api.call('PUT', `/endpoints/${name}/traffic`, { traffic: { blue } });
      expect(status).toBe(422);
      return body.detail;
    };
    expect(await words(33.5)).toBe('/traffic/blue must be a whole number.');
    expect(await words('100')).toBe('/traffic/blue must be a number.');
    expect(await words(101)).toBe('/traffic/blue must be at most 100.');
    expect(await words(-1)).toBe('/traffic/blue must be at least 0.');
  });

  test('a wrong sum is named', async () => {
    const name = await makeEndpoint();
    await deploy(name, 'blue', '?all_traffic=true');
    const answer = await api.call('PUT', `/endpoints/${name}/traffic`, { traffic: { blue: 70 } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'traffic.invalid_sum' } });
    expect(answer.body.detail).toContain('70');
  });

  test('that a worker does not confirm in time goes on as an operation, and ends when it does', async () => {
    const name = await makeEndpoint();
    await deploy(name, 'blue', '?all_traffic=true');
    api.gateway.holdBack();
    const put = await api.call('PUT', `/endpoints/${name}/traffic`, { traffic: {} });
    expect(put).toMatchObject({ status: 202, body: { kind: 'traffic.update', status: 'running' } });
    expect(put.headers.get('location')).toBe(`/api/v1/operations/${put.body.id}`);
    const again = await api.call('PUT', `/endpoints/${name}/traffic`, { traffic: { blue: 100 } });
    expect((await api.call('GET', `/operations/${put.body.id}`)).body.status).toBe('superseded');
    api.gateway.confirm();
    expect(await api.ended(again.body.id)).toMatchObject({ status: 'succeeded' });
  });

  test('cancelling a change that is not confirmed puts the earlier split back', async () => {
    const name = await makeEndpoint();
    await deploy(name, 'blue', '?all_traffic=true');
    api.gateway.holdBack();
    const put = await api.call('PUT', `/endpoints/${name}/traffic`, { traffic: {} });
    const canceled = await api.call('POST', `/operations/${put.body.id}/cancel`);
    expect(canceled).toMatchObject({ status: 202, body: { status: 'canceled' } });
    api.gateway.confirm();
    expect((await api.call('GET', `/endpoints/${name}/traffic`)).body.traffic).toEqual({ blue: 100 });
  });
});

describe('keys', () => {
  test('are read without being cached, written into the audit log, and kept sealed', async () => {
    const name = await makeEndpoint();
    const keys = await api.call('GET', `/endpoints/${name}/keys`);
    expect(keys.headers.get('cache-control')).toBe('no-store');
    expect(keys.body.primary_key).toMatch(/^vek_[\w-]{43}$/);
    expect(keys.body.primary_key).not.toBe(keys.body.secondary_key);
    const audit = await api.call('GET', `/audit?object=/endpoints/${name}&action=endpoint.read_keys`);
    expect(audit.body.items).toHaveLength(1);
    const dump = JSON.stringify(api.database.orm.all('select * from endpoint_keys'));
    expect(dump).not.toContain(keys.body.primary_key);
  });

  test('a regenerated key is in the gateway when the answer comes, and the other one stays', async () => {
    const name = await makeEndpoint();
    const before = (await api.call('GET', `/endpoints/${name}/keys`)).body;
    const digests = () => api.gateway.tables.at(-1)?.endpoints.find((endpoint) => endpoint.name === name)?.auth.keys;
    const old = digests();
    const after = await api.call('POST', `/endpoints/${name}/keys/regenerate`, { key_type: 'Secondary' });
    expect(after.status).toBe(200);
    expect(after.body.primary_key).toBe(before.primary_key);
    expect(after.body.secondary_key).not.toBe(before.secondary_key);
    expect(digests()).not.toEqual(old);
    const chosen = { key_type: 'primary', key_value: 'a-key-of-my-own-choice' };
    expect((await api.call('POST', `/endpoints/${name}/keys/regenerate`, chosen)).body.primary_key).toBe(
      chosen.key_value,
    );
  });

  test('of a key endpoint there are no tokens', async () => {
    const name = await makeEndpoint();
    expect(await api.call('POST', `/endpoints/${name}/token`)).toMatchObject({
      status: 409,
      body: { code: 'endpoint.no_tokens' },
    });
  });
});

describe('invoking', () => {
  test('sends the request through the gateway with a key of the endpoint and shows the answer', async () => {
    const name = await makeEndpoint();
    const { primary_key: key } = (await api.call('GET', `/endpoints/${name}/keys`)).body;
    api.answerPredictions((request, response) => {
      const { authorization, 'x-own': own, 'azureml-model-deployment': deployment } = request.headers;
      const asked = [request.method, request.url, authorization, own, deployment];
      response.writeHead(201, { 'content-type': 'application/json', 'azureml-model-deployment': 'green' });
      response.end(JSON.stringify(asked));
    });
    const body = { path: '/v2/x?y=1', headers: { 'x-own': 'z', authorization: 'mine' }, body: {}, deployment: 'green' };
    const answer = await api.call('POST', `/endpoints/${name}/invoke`, body);
    expect(answer).toMatchObject({ status: 200, body: { status: 201, deployment: 'green' } });
    expect(answer.body.body).toEqual(['POST', `/${name}/v2/x?y=1`, `Bearer ${key}`, 'z', 'green']);
    expect(answer.body.duration_ms).toBeGreaterThan(0);
  });

  test('shows bytes as base64 and text as text, and cuts what is too long', async () => {
    const name = await makeEndpoint();
    const invoke = async () => (await api.call('POST', `/endpoints/${name}/invoke`, { body_base64: '//79' })).body;
    api.answerPredictions((request, response) => void request.pipe(response));
    expect(await invoke()).toMatchObject({ body_base64: '//79' });
    api.answerPredictions((_request, response) => void response.end('plain'));
    expect(await invoke()).toMatchObject({ body: 'plain' });
    api.answerPredictions((_request, response) => void response.end(Buffer.alloc(9 * 2 ** 20, 'a')));
    expect(await invoke()).toMatchObject({ truncated: true });
  });

  test('a path or header that HTTP does not allow is the caller’s fault, a gateway that breaks off is not', async () => {
    const name = await makeEndpoint();
    const invoke = (body: unknown) => api.call('POST', `/endpoints/${name}/invoke`, body);
    expect(await invoke({ path: '/a b' })).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
    expect(await invoke({ headers: { 'x-a': 'a\nb' } })).toMatchObject({ status: 422 });
    expect(await invoke({ body: 1, body_base64: 'AA==' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/body_base64' }] },
    });
    api.answerPredictions((request) => void request.socket.destroy());
    expect(await invoke({})).toMatchObject({ status: 503, body: { code: 'gateway.unavailable' } });
  });
});
