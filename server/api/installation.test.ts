import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrokenAuditEntry } from '#server/store/audit-store.ts';
import { recordChange } from '#server/store/change-feed.ts';
import { readEvents, type SeenEvent } from '#server/testing/read-events.ts';
import { ADMINISTRATOR, startTestApi, STUDIO_TOKEN, type TestApi } from '#server/testing/start-test-api.ts';
import { type ApiContext, allRoutes } from './routes/all-routes.ts';

/** Declarations only close over it. */
const NO_CONTEXT = {} as ApiContext;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const asStudio = { authorization: `Bearer ${STUDIO_TOKEN}` };

describe('callers', () => {
  test.each([
    ['nothing', {}],
    ['a wrong key', { authorization: 'Bearer nobody' }],
    ['another scheme', { authorization: 'Basic abc' }],
    ['the studio without a user', asStudio],
    ['the studio for a user that is gone', { ...asStudio, 'x-viridian-user': 'user_gone' }],
  ])('with %s get 401 and how to do better', async (_name, headers) => {
    const response = await fetch(`${api.apiUrl}/endpoints`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await response.json()).toMatchObject({
      code: 'auth.required',
      request_id: response.headers.get('x-request-id'),
    });
  });

  test('an API key cannot speak for a user by a header', async () => {
    const { body } = await api.call('GET', '/info', undefined, { 'x-viridian-user': 'user_other' });
    expect(body.version).toBe('test');
  });

  test('a signed-in user acts under the own name', async () => {
    const signIn = { ...ADMINISTRATOR, address: '203.0.113.7' };
    const { body } = await api.call('POST', '/internal/sign-in', signIn, asStudio);
    expect(body.user).toMatchObject({ email: ADMINISTRATOR.email, role: 'administrator' });
    const asUser = { ...asStudio, 'x-viridian-user': body.user.id };
    await api.call('PUT', '/endpoints/by-user', {}, asUser);
    const audit = await api.call('GET', '/audit?object=/endpoints/by-user', undefined, asUser);
    expect(audit.body.items[0]).toMatchObject({ actor: ADMINISTRATOR.email, action: 'endpoint.create' });
  });

  test('of the studio alone may ask the internal routes', async () => {
    for (const [method, path] of [
      ['GET', '/internal/setup-state'],
      ['POST', '/internal/setup'],
      ['POST', '/internal/sign-in'],
    ] as const) {
      const body = method === 'GET' ? undefined : {};
      expect((await api.call(method, path, body)).status).toBe(401);
    }
    expect((await api.call('GET', '/internal/setup-state', undefined, asStudio)).body).toEqual({ needs_setup: false });
  });

  test('with a wrong password wait longer and longer, with Retry-After', async () => {
    const attempt = () =>
      api.call(
        'POST',
        '/internal/sign-in',
        { email: 'x@example.org', password: 'wrong', address: '198.51.100.9' },
        asStudio,
      );
    for (let i = 0; i < 5; i += 1)
      expect(await attempt()).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } });
    const throttled = await attempt();
    expect(throttled).toMatchObject({ status: 429, body: { code: 'auth.throttled' } });
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

test('set-up makes the first administrator with the code of the console', async () => {
  const fresh = await startTestApi({ VIRIDIAN_ADMIN_EMAIL: '', VIRIDIAN_ADMIN_PASSWORD: '' });
  try {
    const asked = await fresh.call('GET', '/internal/setup-state', undefined, asStudio);
    expect(asked.body).toEqual({ needs_setup: true });
    const person = { email: 'first@example.org', name: 'First', password: 'a long enough password' };
    const setUp = (code: string) => fresh.call('POST', '/internal/setup', { ...person, code }, asStudio);
    expect(await setUp('wrong')).toMatchObject({ status: 403, body: { code: 'setup.wrong_code' } });
    const code = fresh.setupCode() ?? '';
    expect(await setUp(code)).toMatchObject({ status: 201, body: { email: person.email } });
    expect(await setUp(code)).toMatchObject({ status: 409, body: { code: 'setup.already_done' } });
  } finally {
    await fresh.stop();
  }
});

describe('API keys', () => {
  test('are shown once, listed by their beginning, work, and end at once', async () => {
    const made = await api.call('POST', '/api-keys', { name: 'ci', expires_at: null });
    expect(made).toMatchObject({ status: 201, body: { name: 'ci', created_by: ADMINISTRATOR.email } });
    const { value, id, prefix } = made.body;
    expect(value.startsWith(prefix)).toBe(true);
    const list = await api.call('GET', '/api-keys');
    expect(list.body.items).toContainEqual(expect.objectContaining({ id, prefix }));
    expect(JSON.stringify(list.body)).not.toContain(value);
    const asKey = { authorization: `Bearer ${value}` };
    expect((await api.call('GET', '/info', undefined, asKey)).status).toBe(200);
    expect((await api.call('DELETE', `/api-keys/${id}`)).status).toBe(204);
    expect((await api.call('GET', '/info', undefined, asKey)).status).toBe(401);
    expect((await api.call('DELETE', `/api-keys/${id}`)).body.code).toBe('api_key.not_found');
  });

  test('made under an idempotency key are answered again, and lie sealed in the database', async () => {
    const post = () => api.call('POST', '/api-keys', { name: 'once' }, { 'idempotency-key': 'key-once' });
    const [first, second] = [await post(), await post()];
    expect(second.body.value).toBe(first.body.value);
    const dump = JSON.stringify(api.database.orm.all('select * from idempotency_keys'));
    expect(dump).not.toContain(first.body.value);
  });

  test('cannot be made expired', async () => {
    const answer = await api.call('POST', '/api-keys', { name: 'old', expires_at: '2020-01-01T00:00:00Z' });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/expires_at' }] } });
  });
});

describe('the audit log', () => {
  test('is paged newest first, and its chain is whole', async () => {
    for (let i = 0; i < 3; i += 1) await api.call('PUT', `/endpoints/audited-${i}`, {});
    const first = (await api.call('GET', '/audit?action=endpoint.create&limit=2')).body;
    const second = (await api.call('GET', `/audit?action=endpoint.create&limit=2&cursor=${first.next_cursor}`)).body;
    const ids = [...first.items, ...second.items].map((item: { id: number }) => item.id);
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect(await findBrokenAuditEntry(api.database)).toBeNull();
  });
});

test('a server that closes ends its streams instead of waiting for their readers', async () => {
  const closing = await startTestApi();
  const headers = { authorization: `Bearer ${closing.apiKey}` };
  let stopped: Promise<void> = Promise.resolve();
  const closeOnceOpen = (): void => void (stopped = closing.stop());
  const seen = await readEvents(`${closing.apiUrl}/events`, headers, () => false, closeOnceOpen);
  await stopped;
  expect(seen.every(({ name }) => name === 'change')).toBe(true);
});

describe('the stream of changes', () => {
  const follow = (until: (events: readonly SeenEvent[]) => boolean, lastId?: string, whenOpen?: () => Promise<void>) =>
    readEvents(
      `${api.apiUrl}/events`,
      { authorization: `Bearer ${api.apiKey}`, ...(lastId !== undefined && { 'last-event-id': lastId }) },
      until,
      whenOpen,
    );
  const seesEndpoint = (name: string) => (events: readonly SeenEvent[]) =>
    events.some(({ data }) => data['resource'] === `/endpoints/${name}`);
  const put = async (name: string): Promise<void> => void (await api.call('PUT', `/endpoints/${name}`, {}));

  test('tells of changes from now on, and goes on from the last one that was seen', async () => {
    const live = await follow(seesEndpoint('event-a'), undefined, () => put('event-a'));
    const last = live.find(({ data }) => data['resource'] === '/endpoints/event-a');
    expect(last).toMatchObject({ name: 'change', data: { kind: 'created', revision: 1 } });
    await put('event-b');
    const resumed = await follow(seesEndpoint('event-b'), last?.id);
    expect(seesEndpoint('event-a')(resumed)).toBe(false);
    expect(resumed.every(({ id }) => Number(id) > Number(last?.id))).toBe(true);
  });

  test('begins with its position, so that leaving before the first change loses nothing', async () => {
    const gone = new AbortController();
    const headers = { authorization: `Bearer ${api.apiKey}` };
    const response = await fetch(`${api.apiUrl}/events`, { headers, signal: gone.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!/^id: \d+$/m.test(text)) text += new TextDecoder().decode((await reader.read()).value);
    gone.abort();
    await put('event-c');
    const seen = await follow(seesEndpoint('event-c'), /^id: (\d+)$/m.exec(text)?.[1]);
    expect(seesEndpoint('event-c')(seen)).toBe(true);
  });

  test('says reset to a reader whose position is not known any more, or never was', async () => {
    await api.database.transact(async (transaction) => {
      for (let i = 0; i < 12_000; i += 1)
        await recordChange(transaction, { resource: '/x', kind: 'status', revision: null });
    });
    for (const id of ['1', '999999999']) {
      const [first] = await follow((events) => events.length > 0, id);
      expect(first?.name).toBe('reset');
    }
  });
});

describe('instance types', () => {
  test('are priced by their operator; a price is followed and never changed', async () => {
    const body = { cpu: 1, memory_mib: 512, price_per_hour_micros: 1_000, description: 'small' };
    const made = await api.call('PUT', '/instance-types/Small', body);
    expect(made).toMatchObject({ status: 201, body: { name: 'Small', fits_host: true, currency: 'USD', revision: 1 } });
    const read = await api.call('GET', '/instance-types/SMALL');
    const again = await api.call('PUT', '/instance-types/small', { ...read.body, price_per_hour_micros: 2_000 });
    expect(again).toMatchObject({ status: 200, body: { name: 'Small', price_per_hour_micros: 2_000, revision: 2 } });
    const prices = api.database.orm.all("select * from instance_type_prices where instance_type = 'small'");
    expect(prices).toHaveLength(2);
    expect((await api.call('PUT', '/instance-types/small', body, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.call('DELETE', '/instance-types/small')).status).toBe(204);
    expect((await api.call('GET', '/instance-types/small')).body.code).toBe('instance_type.not_found');
  });

  test('that a deployment uses are not deleted, and one that is too large is told before', async () => {
    const body = { cpu: 1, memory_mib: 512, price_per_hour_micros: 1_000 };
    await api.call('PUT', '/instance-types/held', body);
    await api.call('PUT', '/endpoints/holder', {});
    const put = await api.call('PUT', '/endpoints/holder/deployments/blue', {
      command: ['fake'],
      instance_type: 'held',
    });
    await api.ended(put.body.id);
    expect(await api.call('DELETE', '/instance-types/held')).toMatchObject({
      status: 409,
      body: { code: 'instance_type.in_use', details: { used_by: ['/endpoints/holder/deployments/blue'] } },
    });
    await api.call('PUT', '/instance-types/giant', { ...body, cpu: 4096 });
    expect((await api.call('GET', '/instance-types/giant')).body).toMatchObject({ fits_host: false });
  });

  test('of the original are there by name with their prices', async () => {
    const all = (await api.call('GET', '/instance-types?limit=500')).body.items;
    const size = all.find(({ name }: { name: string }) => name === 'Standard_F4s_v2');
    expect(size).toMatchObject({ price_per_hour_micros: 169_000, fits_host: true, cpu: 4 });
  });
});

describe('costs', () => {
  test('add up over groups and currencies, at the prices of their time', async () => {
    await api.call('PUT', '/instance-types/euro', {
      cpu: 1,
      memory_mib: 256,
      price_per_hour_micros: 3_600_000_000,
      currency: 'EUR',
    });
    await api.call('PUT', '/endpoints/costly', {});
    for (const [name, type] of [
      ['blue', 'cpu-1'],
      ['green', 'EURO'],
    ]) {
      const put = await api.call('PUT', `/endpoints/costly/deployments/${name}`, {
        command: ['fake'],
        instance_type: type,
      });
      await api.ended(put.body.id);
    }
    const range = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date(Date.now() + 3_600_000).toISOString()}`;
    const { body } = await api.call('GET', `/costs?${range}&endpoint=costly&granularity=total`);
    expect(body.currency).toBe('USD');
    expect(body.run_rate_micros_per_hour).toBe(42_300);
    expect(body.items.map((row: any) => [row.deployment, row.currency, row.instance_type])).toEqual([
      ['blue', 'USD', 'cpu-1'],
      ['green', 'EUR', 'euro'],
    ]);
    expect(body.totals).toMatchObject([
      { currency: 'USD', run_rate_micros_per_hour: 42_300 },
      { currency: 'EUR', run_rate_micros_per_hour: 3_600_000_000 },
    ]);
    const [, euro] = body.items;
    expect(euro.cost_micros).toBe(Math.round(euro.instance_seconds * 1_000_000));
    const dollars = body.items.filter((row: any) => row.currency === 'USD');
    expect(dollars.reduce((sum: number, row: any) => sum + row.cost_micros, 0)).toBe(body.total_micros);
  });

  test('without a range are those of the last 30 days', async () => {
    const answer = await api.call('GET', '/costs?granularity=total');
    expect(answer).toMatchObject({ status: 200 });
    const [row] = answer.body.items;
    expect(Date.parse(row.period_end) - Date.parse(row.period_start)).toBeLessThanOrEqual(30 * 24 * 3_600_000);
  });

  test.each([
    ['an empty range', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z'],
    ['no time', 'from=yesterday&to=today'],
    ['an unknown group', 'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&group_by=colour'],
  ])('refuse %s', async (_name, query) => {
    expect(await api.call('GET', `/costs?${query}`)).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
  });
});

describe('the rest', () => {
  test('health needs no key and says which component is down', async () => {
    const response = await fetch(`${api.apiUrl}/health`);
    expect(await response.json()).toMatchObject({
      status: 'degraded',
      components: { database: 'ok', telemetry: 'down', gateway: 'ok' },
    });
  });

  test('metrics without telemetry are 503, with a wrong name 422', async () => {
    const range = 'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z';
    for (const query of [`metric=Requests&${range}`, 'metric=Requests']) {
      expect(await api.call('GET', `/metrics/query?${query}`)).toMatchObject({
        status: 503,
        body: { code: 'telemetry.unavailable' },
      });
    }
    const wrong = await api.call('GET', `/metrics/query?metric=RequestLatency_P59&${range}`);
    expect(wrong).toMatchObject({ status: 422, body: { code: 'metrics.unknown_metric' } });
    expect(wrong.body.errors).toEqual([{ path: '?metric', message: expect.stringContaining('RequestLatency_P') }]);
  });

  test('activity of every endpoint is told newest first', async () => {
    const { items } = (await api.call('GET', '/activity?limit=3')).body;
    expect(items).toHaveLength(3);
    expect(items[0]).toMatchObject({ endpoint: expect.any(String), text: expect.any(String) });
  });

  test('the OpenAPI document holds every route that callers may use', async () => {
    const document = (await (await fetch(`${api.apiUrl}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const registered = allRoutes(NO_CONTEXT)
      .filter(({ auth }) => auth !== 'studio')
      .map(({ method, path }) => `${method} ${path}`);
    expect(described.toSorted()).toEqual(registered.toSorted());
    expect(registered.length).toBeGreaterThan(45);
  });

  test('every operation of the OpenAPI document has its own id, its path parameters and an answer', async () => {
    const document = (await (await fetch(`${api.apiUrl}/openapi.json`)).json()) as {
      paths: Record<
        string,
        Record<string, { operationId: string; parameters: { name: string; in: string }[]; responses: object }>
      >;
    };
    const ids: string[] = [];
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { operationId, parameters, responses } of Object.values(methods)) {
        ids.push(operationId);
        const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
        expect([path, named]).toEqual([path, path.match(/\{\w+\}/g) ?? []]);
        expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('every public path and verb of the specification is there', async () => {
    const expected = [
      'GET /health',
      'GET /info',
      'GET /endpoints',
      'GET /endpoints/{endpoint}',
      'PUT /endpoints/{endpoint}',
      'PATCH /endpoints/{endpoint}',
      'DELETE /endpoints/{endpoint}',
      'GET /endpoints/{endpoint}/traffic',
      'PUT /endpoints/{endpoint}/traffic',
      'GET /endpoints/{endpoint}/mirror-comparisons',
      'GET /endpoints/{endpoint}/keys',
      'POST /endpoints/{endpoint}/keys/regenerate',
      'POST /endpoints/{endpoint}/token',
      'POST /endpoints/{endpoint}/invoke',
      'GET /endpoints/{endpoint}/deployments',
      ...['GET', 'PUT', 'PATCH', 'DELETE'].map((verb) => `${verb} /endpoints/{endpoint}/deployments/{deployment}`),
      ...['instances', 'logs'].map((leaf) => `GET /endpoints/{endpoint}/deployments/{deployment}/${leaf}`),
      'POST /endpoints/{endpoint}/deployments/{deployment}/restart',
      'GET /operations/{id}',
      'GET /operations/{id}/events',
      'POST /operations/{id}/cancel',
      'POST /uploads',
      'POST /uploads/tus',
      'GET /uploads/{id}',
      'GET /models',
      'POST /models',
      'GET /models/{model}',
      'PUT /models/{model}',
      'DELETE /models/{model}',
      'GET /models/{model}/versions',
      'POST /models/{model}/versions',
      'GET /models/{model}/versions/{version}',
      'PUT /models/{model}/versions/{version}',
      'DELETE /models/{model}/versions/{version}',
      'GET /models/{model}/versions/{version}/download',
      'GET /instance-types',
      'GET /instance-types/{name}',
      'PUT /instance-types/{name}',
      'DELETE /instance-types/{name}',
      'GET /metrics/query',
      'GET /costs',
      'GET /events',
      'GET /api-keys',
      'POST /api-keys',
      'DELETE /api-keys/{id}',
      'GET /audit',
    ];
    const registered = new Set(allRoutes(NO_CONTEXT).map(({ method, path }) => `${method} ${path}`));
    expect(expected.filter((route) => !registered.has(route))).toEqual([]);
  });

  test('no answer, whatever goes wrong, holds a stack or a path of the installation', async () => {
    for (const path of ['/endpoints/%E0%A4%A', '/models/..%2f..%2fetc', '/uploads/%00', "/operations/' or 1=1"]) {
      const response = await fetch(`${api.apiUrl}${path}`, { headers: { authorization: `Bearer ${api.apiKey}` } });
      const text = await response.text();
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      expect(text).not.toMatch(/\.ts:\d+|node_modules|viridian-stack-/);
    }
  });
});
