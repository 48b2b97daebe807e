import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { claims, createSigner, nowSeconds, TOKEN_AUTH, tokensOf } from './testing/sign-token.ts';
import { deployment, endpoint, KEY, startGateway, startTestModel, table } from './testing/start-gateway.ts';

const signer = createSigner();

const call = (fields: string): string => `GET /iris/score HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const bearer = (token: string): string => call(`Authorization: Bearer ${token}\r\n`);

/** A gateway with one endpoint that is called with tokens, which `signer` signs. */
async function startWithTokens() {
  const model = await startTestModel();
  const routes = (more: Parameters<typeof endpoint>[1] = {}, signers = [signer]) => ({
    ...table(endpoint([deployment('blue', [model.port])], { ...TOKEN_AUTH, ...more })),
    tokens: tokensOf(...signers),
  });
  return { ...(await startGateway(routes())), model, routes };
}

describe('a token', () => {
  it('opens its endpoint, is not shown to the model, and tells it who calls', async () => {
    const { port, model } = await startWithTokens();
    const token = signer.token({ sub: 'user:u_1' });
    expect((await requestOnce(port, bearer(token))).status).toBe(200);
    const seen = await model.seen(1);
    expect(model.received[0]).not.toContain(token);
    expect(seen.field('viridian-consumer-id')).toBe('user:u_1');
  });

  it('is good again and again on one connection, and others beside it', async () => {
    const { port, model } = await startWithTokens();
    const client = await RawClient.connect(port);
    for (const sub of ['user:a', 'user:a', 'user:b', 'user:a']) {
      expect((await client.request(bearer(signer.token({ sub })))).status).toBe(200);
    }
    expect(model.requests.map((request) => request.field('viridian-consumer-id'))).toEqual([
      'user:a',
      'user:a',
      'user:b',
      'user:a',
    ]);
  });

  const now = nowSeconds();
  it.each([
    ['an endpoint that had the name before', { aud: 'urn:viridian:endpoint:before' }, 'gateway.token_invalid'],
    ['a time that has not come', { nbf: now + 120 }, 'gateway.token_invalid'],
    ['a time that is over', { exp: now - 120 }, 'gateway.token_expired'],
    ['another installation', { iss: 'other' }, 'gateway.token_invalid'],
  ])('for %s is refused with 401 and says so', async (_name, change, code) => {
    const { port, model } = await startWithTokens();
    const client = await RawClient.connect(port);
    for (let i = 0; i < 2; i += 1) {
      const answer = await client.request(bearer(signer.token(change)));
      expect([answer.status, answer.json()['code']]).toEqual([401, code]);
      expect(answer.field('www-authenticate')).toMatch(/^Bearer realm="viridian", error="invalid_token"/);
    }
    expect(model.connections).toBe(0);
  });

  it('is good a minute early and a minute late, for clocks that differ', async () => {
    const { port } = await startWithTokens();
    expect((await requestOnce(port, bearer(signer.token({ exp: nowSeconds() - 30 })))).status).toBe(200);
    expect((await requestOnce(port, bearer(signer.token({ nbf: nowSeconds() + 30 })))).status).toBe(200);
  });

  it.each([
    ['missing', ''],
    ['a key instead', `Authorization: Bearer ${KEY}\r\n`],
    ['in the field of keys', `api-key: ${signer.token()}\r\n`],
    ['under another scheme', `Authorization: Basic ${signer.token()}\r\n`],
  ])('that is %s opens nothing', async (_name, fields) => {
    const { port, model } = await startWithTokens();
    const answer = await requestOnce(port, call(fields));
    expect(answer.status).toBe(401);
    expect(answer.field('www-authenticate')).toMatch(/^Bearer realm="viridian"/);
    expect(model.connections).toBe(0);
  });

  it('in the address opens nothing', async () => {
    const { port } = await startWithTokens();
    const target = `/iris/score?access_token=${signer.token()}`;
    expect((await requestOnce(port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)).status).toBe(401);
  });

  it('shown twice is no request', async () => {
    const { port } = await startWithTokens();
    const lines = `Authorization: Bearer ${signer.token()}\r\n`.repeat(2);
    expect((await requestOnce(port, call(lines))).status).toBe(400);
  });

  it('opens no endpoint that is called with keys', async () => {
    const { port, gateway, routes } = await startWithTokens();
    gateway.install({ ...table(endpoint([])), tokens: routes().tokens });
    expect((await requestOnce(port, bearer(signer.token()))).status).toBe(401);
  });

  it('is refused on a connection that has used it once another endpoint has the name', async () => {
    const { port, gateway, routes } = await startWithTokens();
    const client = await RawClient.connect(port);
    const token = signer.token();
    expect((await client.request(bearer(token))).status).toBe(200);
    gateway.install(routes({ auth: { mode: 'aml_token', keys: [], audience: 'urn:viridian:endpoint:next' } }));
    expect((await client.request(bearer(token))).status).toBe(401);
  });

  it('is refused on a connection that has used it once its signing key is revoked, and only then', async () => {
    const { port, gateway, routes } = await startWithTokens();
    const next = createSigner('key-2');
    const client = await RawClient.connect(port);
    const token = signer.token();
    expect((await client.request(bearer(token))).status).toBe(200);
    gateway.install(routes({}, [signer, next]));
    expect((await client.request(bearer(token))).status).toBe(200);
    expect((await client.request(bearer(next.token()))).status).toBe(200);
    gateway.install(routes({}, [next]));
    expect((await client.request(bearer(token))).status).toBe(401);
    expect((await client.request(bearer(next.token()))).status).toBe(200);
  });

  it('is limited as its holder is, whichever of their tokens it is', async () => {
    const { port, gateway, routes } = await startWithTokens();
    const none = { requestsPerSecond: null, concurrency: null, maxBodyBytes: null };
    const perKey = { ...none, requestsPerSecond: 0.001, burst: 2 };
    gateway.install(routes({ limits: { ...none, perKey } }));
    const statusOf = async (sub: string, exp: number): Promise<number> =>
      (await requestOnce(port, bearer(signer.token({ sub, exp })))).status;
    const times = [0, 1, 2].map((later) => nowSeconds() + 600 + later);
    for (const sub of ['user:a', 'user:b']) {
      const statuses = [];
      for (const exp of times) statuses.push(await statusOf(sub, exp));
      expect(statuses).toEqual([200, 200, 429]);
    }
  });

  it('is refused by a table without signing keys', async () => {
    const { port, gateway } = await startWithTokens();
    gateway.install(table(endpoint([], TOKEN_AUTH)));
    expect((await requestOnce(port, bearer(signer.token(claims())))).status).toBe(401);
  });
});
