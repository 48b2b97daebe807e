import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TokenVerifier } from '#server/gateway/verify-token.ts';
import type { RouteEndpoint } from '#server/routing/route-table.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

let serial = 0;
async function makeEndpoint(settings: Record<string, unknown> = { auth_mode: 'aml_token' }): Promise<string> {
  const name = `token-${(serial += 1)}`;
  expect((await api.call('PUT', `/endpoints/${name}`, settings)).status).toBe(201);
  return name;
}

/** What the gateway was told last. */
const table = () => {
  const last = api.gateway.tables.at(-1);
  if (last === undefined) throw new Error('The gateway has no table.');
  return last;
};
const route = (name: string): RouteEndpoint => {
  const found = table().endpoints.find((endpoint) => endpoint.name === name);
  if (found === undefined) throw new Error(`The table does not hold ${name}.`);
  return found;
};
const verify = (token: string) => new TokenVerifier(table().tokens).verify(Buffer.from(token));
const issue = async (name: string): Promise<string> => {
  const { status, body } = await api.call('POST', `/endpoints/${name}/token`);
  expect(status).toBe(200);
  return body.access_token;
};

describe('a token', () => {
  test('opens its endpoint for an hour from now, and the gateway can verify it when the answer comes', async () => {
    const name = await makeEndpoint();
    const before = Math.floor(Date.now() / 1000);
    const { status, headers, body } = await api.call('POST', `/endpoints/${name}/token`);
    const after = Math.ceil(Date.now() / 1000);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(body).toSorted()).toEqual([
      'access_token',
      'expiry_time_utc',
      'refresh_after_time_utc',
      'token_type',
    ]);
    expect(body.token_type).toBe('Bearer');
    expect(body.expiry_time_utc).toBeGreaterThanOrEqual(before + 3_600);
    expect(body.expiry_time_utc).toBeLessThanOrEqual(after + 3_600);
    expect(body.refresh_after_time_utc).toBe(body.expiry_time_utc - 900);
    expect(verify(body.access_token)).toMatchObject({
      audience: route(name).auth.audience,
      expiresAt: body.expiry_time_utc,
      notBefore: body.expiry_time_utc - 3_600,
      id: expect.stringMatching(/^api_key:/),
    });
  });

  test('is told to the audit log, and neither it nor a private key is in the route table or readable in the database', async () => {
    const name = await makeEndpoint();
    const token = await issue(name);
    const audit = await api.call('GET', `/audit?object=/endpoints/${name}&action=endpoint.issue_token`);
    expect(audit.body.items).toHaveLength(1);
    expect(JSON.stringify(table())).not.toMatch(/PRIVATE|ciphertext/);
    const dump = JSON.stringify(api.database.orm.all('select * from token_signing_keys'));
    expect(dump).not.toContain('PRIVATE');
    expect(JSON.stringify(audit.body)).not.toContain(token);
  });

  test('of an endpoint that is gone does not fit the next one of its name', async () => {
    const name = await makeEndpoint();
    const old = verify(await issue(name));
    const deleted = await api.call('DELETE', `/endpoints/${name}`);
    expect(await api.ended(deleted.body.id)).toMatchObject({ status: 'succeeded' });
    await api.call('PUT', `/endpoints/${name}`, { auth_mode: 'aml_token' });
    expect(route(name).auth.audience).not.toBe(old?.audience);
  });

  test('does not exist where an endpoint is called with keys, nor keys where it is called with tokens', async () => {
    const [keyed, tokened] = [await makeEndpoint({}), await makeEndpoint()];
    const refused = (code: string) => ({ status: 409, body: { code } });
    expect(await api.call('POST', `/endpoints/${keyed}/token`)).toMatchObject(refused('endpoint.no_tokens'));
    expect(await api.call('GET', `/endpoints/${tokened}/keys`)).toMatchObject(refused('endpoint.no_keys'));
    expect(await api.call('POST', `/endpoints/${tokened}/keys/regenerate`, { key_type: 'primary' })).toMatchObject(
      refused('endpoint.no_keys'),
    );
    expect(await api.call('POST', '/endpoints/nobody/token')).toMatchObject({ status: 404 });
  });

  test('is what invoking sends', async () => {
    const name = await makeEndpoint();
    api.answerPredictions((request, response) => void response.end(request.headers.authorization));
    const { body } = await api.call('POST', `/endpoints/${name}/invoke`, { body: {} });
    expect(verify(String(body.body).replace('Bearer ', ''))).toMatchObject({ audience: route(name).auth.audience });
  });
});

describe('who may call', () => {
  test('changes in every gateway worker before the answer, and keys wait for their return', async () => {
    const name = await makeEndpoint({});
    const keys = (await api.call('GET', `/endpoints/${name}/keys`)).body;
    const digests = route(name).auth.keys;
    expect(digests).toHaveLength(2);
    await api.call('PATCH', `/endpoints/${name}`, { auth_mode: 'AML_Token' });
    expect(route(name).auth).toMatchObject({ mode: 'aml_token', keys: [] });
    await api.call('PATCH', `/endpoints/${name}`, { auth_mode: 'key' });
    expect(route(name).auth).toEqual({ mode: 'key', keys: digests });
    expect((await api.call('GET', `/endpoints/${name}/keys`)).body).toEqual(keys);
  });

  test('is not said to have changed while a worker serves the old settings', async () => {
    const name = await makeEndpoint({});
    api.gateway.holdBack();
    const patched = await api.call('PATCH', `/endpoints/${name}`, { public_network_access: 'disabled' });
    api.gateway.confirm();
    expect(patched).toMatchObject({ status: 503, body: { code: 'traffic.not_confirmed' } });
    expect((await api.call('GET', `/endpoints/${name}`)).body.public_network_access).toBe('disabled');
  });

  test('is refused where only another service could tell', async () => {
    const answer = await api.call('PUT', '/endpoints/entra', { auth_mode: 'aad_token' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path: '/auth_mode' }));
  });

  test('by network is in the table where public access is disabled, and read back as it was written', async () => {
    const networks = { allowed_networks: ['2001:db8::/32', '10.0.0.0/8'] };
    const name = await makeEndpoint({ ...networks, public_network_access: 'disabled' });
    expect((await api.call('GET', `/endpoints/${name}`)).body).toMatchObject(networks);
    expect(route(name)).toMatchObject({
      publicNetworkAccess: 'disabled',
      allowedNetworks: ['10.0.0.0/8', '2001:db8::/32'],
    });
    await api.call('PATCH', `/endpoints/${name}`, { public_network_access: 'enabled' });
    expect(route(name).allowedNetworks).toBeUndefined();
  });

  test.each(['10.0.0.1/8', '10.0.0.0/33', 'localhost', '', '::/129'])(
    'by the network %j is refused',
    async (network) => {
      const answer = await api.call('PUT', '/endpoints/networked', { allowed_networks: [network] });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/allowed_networks/0' }] } });
    },
  );
});

describe('limits', () => {
  test('of an endpoint and of each key read back as they were written and reach the gateway', async () => {
    const limits = {
      requests_per_second: 50,
      burst: 200,
      concurrency: 8,
      per_key: { requests_per_second: 5, burst: 10, concurrency: 2, max_body_bytes: 1_000 },
    };
    const name = await makeEndpoint({ limits });
    const read = await api.call('GET', `/endpoints/${name}`);
    expect(read.body.limits).toEqual(limits);
    expect(route(name).limits).toMatchObject({
      burst: 200,
      perKey: { requestsPerSecond: 5, burst: 10, concurrency: 2 },
    });
    expect(await api.call('PUT', `/endpoints/${name}`, read.body)).toMatchObject({
      body: { revision: read.body.revision },
    });
  });

  test.each([
    [{ burst: 5 }, '/limits/burst'],
    [{ per_key: { burst: 5 } }, '/limits/per_key/burst'],
    [{ per_key: { concurrency: 0 } }, '/limits/per_key/concurrency'],
    [{ per_key: { per_key: {} } }, '/limits/per_key/per_key'],
  ])('%j are refused with the field', async (limits, path) => {
    const answer = await api.call('PUT', '/endpoints/limited', { limits });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path }));
  });
});

describe('signing keys', () => {
  const list = async () => (await api.call('GET', '/token-signing-keys')).body;

  test('replaced, the next token has a new one and the tokens of the old one stay good', async () => {
    const name = await makeEndpoint();
    const old = await issue(name);
    const rotated = await api.call('POST', '/token-signing-keys/rotate');
    expect(rotated.status).toBe(200);
    const states = (await list()).items.map(({ state }: { state: string }) => state);
    expect(states.filter((state: string) => state === 'signing')).toHaveLength(1);
    expect(states).toContain('retired');
    const next = await issue(name);
    expect(next.split('.')[0]).not.toBe(old.split('.')[0]);
    expect(verify(old)).not.toBeNull();
    expect(verify(next)).not.toBeNull();
    const rows = api.database.orm.all<{ retired_at: number | null; ciphertext: string | null }>(
      'select * from token_signing_keys',
    );
    expect(rows.filter((row) => row.retired_at !== null).every((row) => row.ciphertext === null)).toBe(true);
  });

  test('revoked, no token that was issued before is good when the answer comes', async () => {
    const name = await makeEndpoint();
    const old = await issue(name);
    const rotated = await api.call('POST', '/token-signing-keys/rotate', { revoke_issued_tokens: true });
    expect(rotated).toMatchObject({ status: 200, body: { items: [{ state: 'signing' }] } });
    expect(verify(old)).toBeNull();
    expect(verify(await issue(name))).not.toBeNull();
    const audit = await api.call('GET', '/audit?object=/token-signing-keys&action=signing_key.rotate');
    expect(audit.body.items[0].detail).toEqual({ revoke: true });
  });

  test('sign only once every worker knows them: until then the old one goes on', async () => {
    const name = await makeEndpoint();
    const [kid] = (await issue(name)).split('.');
    api.gateway.holdBack();
    expect(await api.call('POST', '/token-signing-keys/rotate')).toMatchObject({
      status: 503,
      body: { code: 'traffic.not_confirmed' },
    });
    expect((await issue(name)).split('.')[0]).toBe(kid);
    api.gateway.confirm();
    expect((await list()).items.map(({ state }: { state: string }) => state)).toContain('waiting');
    expect(await api.call('POST', '/token-signing-keys/rotate')).toMatchObject({ status: 200 });
    expect((await issue(name)).split('.')[0]).not.toBe(kid);
  });
});
