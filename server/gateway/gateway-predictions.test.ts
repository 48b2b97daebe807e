import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { says } from './testing/raw-model.ts';
import {
  AUTH,
  deployment,
  digest,
  endpoint,
  get,
  KEY,
  post,
  startGateway,
  startSimple,
  startTestModel,
  table,
} from './testing/start-gateway.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a prediction', () => {
  it('reaches the model under the rest of its path and comes back whole', async () => {
    const { port, model, records } = await startSimple();
    const answer = await requestOnce(port, post('{"a":1}', 'X-Custom: kept\r\n', '/iris/v1/chat?x=%2F&y'));
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ path: '/v1/chat?x=%2F&y' });
    expect(answer.field('azureml-model-deployment')).toBe('blue');
    expect(answer.field('x-request-id')).toMatch(UUID);
    const seen = await model.seen(1);
    expect(seen.body).toBe('{"a":1}');
    expect(seen.field('x-custom')).toBe('kept');
    expect(seen.field('x-request-id')).toBe(answer.field('x-request-id'));
    expect(seen.field('host')).toBe(`127.0.0.1:${model.port}`);
    expect(await records()).toMatchObject([
      { endpoint: 'iris', deployment: 'blue', instance: 'blue-0', status: 200, reason: 'none' },
    ]);
  });

  it('answers many requests on one connection and keeps the model connected', async () => {
    const { port, model } = await startSimple();
    const client = await RawClient.connect(port);
    for (let i = 0; i < 20; i += 1) expect((await client.request(get(`/iris/${i}`))).json()).toEqual({ path: `/${i}` });
    expect(model.connections).toBe(1);
  });

  it('is served one byte at a time', async () => {
    const { port } = await startSimple();
    const client = await RawClient.connect(port);
    for (const octet of post('{"a":1}')) client.send(octet);
    expect((await client.response()).status).toBe(200);
  });

  it('answers pipelined requests in order', async () => {
    const { port, model } = await startSimple();
    const client = await RawClient.connect(port);
    client.send(get('/iris/1') + post('x', '', '/iris/2') + get('/nobody/3') + get('/iris/4'));
    const answers = [
      await client.response(),
      await client.response(),
      await client.response(),
      await client.response(),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200]);
    expect(model.requests.map(({ path }) => path)).toEqual(['/1', '/2', '/4']);
  });

  it('finds endpoints whatever the case of their name, and the bare name means "/"', async () => {
    const { port, model } = await startSimple();
    await requestOnce(port, get('/IRIS/score'));
    await requestOnce(port, get('/%69ris?q=1'));
    expect(model.requests.map(({ path }) => path)).toEqual(['/score', '/?q=1']);
  });

  it.each([
    ['/nobody/score', 404, 'gateway.no_route'],
    ['/', 404, 'gateway.no_route'],
    ['/iris//evil.test/x', 404, 'gateway.no_route'],
    ['//iris/score', 400, 'gateway.bad_request'],
    ['/iris/../nobody', 400, 'gateway.bad_request'],
  ])('to %s is answered %d %s without a model', async (path, status, code) => {
    const { port, model, records } = await startSimple();
    const answer = await requestOnce(port, get(path));
    expect([answer.status, answer.json()['code']]).toEqual([status, code]);
    expect(answer.field('content-type')).toBe('application/problem+json');
    expect(answer.json()['request_id']).toBe(answer.field('x-request-id'));
    expect(model.connections).toBe(0);
    expect((await records())[0]?.status).toBe(status);
  });

  it('is refused with 503 before the first route table', async () => {
    const { port } = await startGateway(null);
    expect((await requestOnce(port, get())).status).toBe(503);
  });

  it('uses host names of the domain beside paths', async () => {
    const { port, model } = await startSimple(undefined, {}, { domain: 'models.test' });
    const host = (name: string, path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${name}\r\n${AUTH}\r\n`;
    expect((await requestOnce(port, host('iris.models.test', '/score'))).status).toBe(200);
    expect((await requestOnce(port, host('IRIS.Models.Test:8080', '/iris/x'))).status).toBe(200);
    expect((await requestOnce(port, host('nobody.models.test', '/iris/score'))).status).toBe(404);
    expect((await requestOnce(port, host('a.iris.models.test', '/score'))).status).toBe(404);
    expect((await requestOnce(port, host('iris.models.test.evil', '/score'))).status).toBe(404);
    expect((await requestOnce(port, host('localhost', '/iris/path'))).status).toBe(200);
    expect(model.requests.map(({ path }) => path)).toEqual(['/score', '/iris/x', '/path']);
  });

  it('takes the authority of an absolute target instead of Host', async () => {
    const { port, model } = await startSimple(undefined, {}, { domain: 'models.test' });
    const target = `GET http://iris.models.test/score HTTP/1.1\r\nHost: nobody.models.test\r\n${AUTH}\r\n`;
    expect((await requestOnce(port, target)).status).toBe(200);
    expect((await model.seen(1)).field('x-forwarded-host')).toBe('iris.models.test');
  });
});

describe('a key', () => {
  it.each([
    `Authorization: Bearer ${KEY}`,
    `authorization: bearer ${KEY}`,
    `api-key: ${KEY}`,
    `X-API-Key: ${KEY}`,
    `Authorization: Basic Zm9v\r\napi-key: ${KEY}`,
  ])('is accepted as %s and never reaches the model', async (line) => {
    const { port, model } = await startSimple();
    const answer = await requestOnce(port, `GET /iris/score HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`);
    expect(answer.status).toBe(200);
    await model.seen(1);
    expect(model.received[0]).not.toContain(KEY);
    expect(model.requests[0]?.field('viridian-consumer-id')).toBe('primary');
  });

  it.each([
    '',
    `Authorization: Bearer ${KEY}x`,
    `Authorization: Bearer ${KEY.slice(0, -1)}`,
    `Authorization: Bearer ${KEY.toUpperCase()}`,
    `Authorization: ${KEY}`,
    `Authorization: Basic ${KEY}`,
    'Authorization: Bearer',
    'Authorization: Bearer ',
    'api-key:',
    `api_key: ${KEY}`,
    `Cookie: api-key=${KEY}`,
  ])('that is "%s" is refused with 401', async (line) => {
    const { port, model } = await startSimple();
    const fields = line === '' ? '' : `${line}\r\n`;
    const answer = await requestOnce(port, `GET /iris/score HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    expect(answer.status).toBe(401);
    expect(answer.field('www-authenticate')).toBe('Bearer realm="viridian"');
    expect(answer.json()['code']).toBe('gateway.unauthorized');
    expect(model.connections).toBe(0);
  });

  it('counts until the table says otherwise, and the next request knows', async () => {
    const { port, gateway, model } = await startSimple();
    const client = await RawClient.connect(port);
    expect((await client.request(get())).status).toBe(200);
    const keys = [{ id: 'secondary', sha256: digest('another') }];
    gateway.install(table(endpoint([deployment('blue', [model.port])], { auth: { mode: 'key', keys } })));
    expect((await client.request(get())).status).toBe(401);
  });

  it('is not asked for where the endpoint needs none', async () => {
    const { port } = await startSimple(undefined, { auth: { mode: 'none', keys: [] } });
    expect((await requestOnce(port, 'GET /iris/score HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(200);
  });
});

describe('the choice of a deployment', () => {
  async function startTwo(weights: [number, number], more = {}) {
    const [blue, green] = [await startTestModel(), await startTestModel()];
    const deployments = [
      deployment('blue', [blue.port], { weight: weights[0] }),
      deployment('green', [green.port], { weight: weights[1] }),
    ];
    return { blue, green, ...(await startGateway(table(endpoint(deployments, more)))) };
  }

  it('is exact over any 100 requests, whatever else is going on', async () => {
    const { port, gateway, blue, green } = await startTwo([93, 7]);
    const client = await RawClient.connect(port);
    const chosen: string[] = [];
    for (let i = 0; i < 250; i += 1) {
      if (i % 9 === 0) await client.request(get('/iris/pinned', 'azureml-model-deployment: green\r\n'));
      if (i === 120) gateway.install(sameTable(blue.port, green.port, [93, 7]));
      chosen.push((await client.request(get())).field('azureml-model-deployment') as string);
    }
    for (let from = 0; from + 100 <= chosen.length; from += 1) {
      expect(chosen.slice(from, from + 100).filter((name) => name === 'green')).toHaveLength(7);
    }
  });

  function sameTable(blue: number, green: number, [first, second]: [number, number]) {
    return table(
      endpoint([deployment('blue', [blue], { weight: first }), deployment('green', [green], { weight: second })]),
    );
  }

  it('is the caller’s when it names one, also at 0 %', async () => {
    const { port } = await startTwo([100, 0]);
    const pinned = await requestOnce(port, get('/iris/score', 'AzureML-Model-Deployment: GREEN\r\n'));
    expect(pinned.field('azureml-model-deployment')).toBe('green');
    const unknown = await requestOnce(port, get('/iris/score', 'azureml-model-deployment: red\r\n'));
    expect([unknown.status, unknown.json()['code']]).toEqual([404, 'gateway.unknown_deployment']);
  });

  it('is refused with 404 when no deployment takes traffic', async () => {
    const { port } = await startTwo([0, 0]);
    const answer = await requestOnce(port, get());
    expect([answer.status, answer.json()['code']]).toEqual([404, 'gateway.no_deployment']);
  });

  it('does not fall back to another deployment: no instance is 503', async () => {
    const other = await startTestModel();
    const starved: string[] = [];
    const { port } = await startGateway(
      table(endpoint([deployment('blue', [], { weight: 100 }), deployment('green', [other.port], { weight: 0 })])),
      { onNoInstance: (name) => starved.push(name) },
    );
    const answer = await requestOnce(port, get());
    expect([answer.status, answer.json()['code']]).toEqual([503, 'gateway.no_ready_instance']);
    expect(Number(answer.field('retry-after'))).toBeGreaterThan(0);
    expect(starved).toEqual(['iris']);
  });

  it('sticks to the value of the sticky field, and a growing share only attracts', async () => {
    const { port, gateway, blue, green } = await startTwo([80, 20], { stickyHeader: 'X-User' });
    const choose = async (user: number): Promise<string> =>
      (await requestOnce(port, get('/iris/score', `x-user: user-${user}\r\n`))).field(
        'azureml-model-deployment',
      ) as string;
    const before = await Promise.all(Array.from({ length: 200 }, (_, user) => choose(user)));
    expect(await choose(3)).toBe(before[3]);
    const grown = table(
      endpoint([deployment('blue', [blue.port], { weight: 40 }), deployment('green', [green.port], { weight: 60 })], {
        stickyHeader: 'X-User',
      }),
    );
    gateway.install(grown);
    const after = await Promise.all(Array.from({ length: 200 }, (_, user) => choose(user)));
    const moved = before.map((name, user) => `${name}>${after[user]}`);
    expect(moved).not.toContain('green>blue');
    expect(moved).toContain('blue>green');
    expect(before.filter((name) => name === 'green').length).toBeGreaterThan(20);
  });
});

describe('the model’s answer', () => {
  it('keeps its status and says that the error is the model’s', async () => {
    const { port } = await startSimple(says('HTTP/1.1 418 Nope\r\nContent-Length: 3\r\n\r\nabc'));
    const answer = await requestOnce(port, get());
    expect([answer.status, answer.body]).toEqual([418, 'abc']);
    expect(answer.field('ms-azureml-model-error-statuscode')).toBe('418');
    expect(answer.field('ms-azureml-model-error-reason')).toBe('model_error');
  });

  it('becomes 424 where the endpoint maps model errors as the original does', async () => {
    const { port } = await startSimple(says('HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc'), {
      mapModelErrors: true,
    });
    const answer = await requestOnce(port, get());
    expect([answer.status, answer.body]).toEqual([424, 'abc']);
    expect(answer.field('ms-azureml-model-error-statuscode')).toBe('201');
  });

  it('cannot pose as the gateway or change how browsers treat the host', async () => {
    const planted = [
      'x-request-id: planted',
      'azureml-model-deployment: planted',
      'Strict-Transport-Security: max-age=1',
      'Clear-Site-Data: "*"',
      'Alt-Svc: h3=":443"',
      'Service-Worker-Allowed: /',
      'Set-Cookie: next-auth.session-token=planted; Path=/',
      'Set-Cookie: __Secure-next-auth.session-token=planted',
      'Set-Cookie: mine=1',
      'Keep-Alive: timeout=5',
      'Connection: X-Hop',
      'X-Hop: planted',
      'Proxy-Authenticate: Basic',
      'Content-Type: text/html',
    ];
    const { port } = await startSimple(says(`HTTP/1.1 200 OK\r\n${planted.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`));
    const answer = await requestOnce(port, get());
    expect(JSON.stringify(answer.fields)).not.toMatch(/planted|max-age|h3=|\/"|Basic|timeout/);
    expect(answer.field('set-cookie')).toBe('mine=1');
    expect(answer.field('content-security-policy')).toBe('sandbox');
    expect(answer.field('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['Content-Length', says('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'), 'content-length'],
    [
      'chunks',
      says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n'),
      'transfer-encoding',
    ],
  ])('framed by %s arrives framed so', async (_name, answer, field) => {
    const { port } = await startSimple(answer);
    const got = await requestOnce(port, get());
    expect(got.body).toBe('hello');
    expect(got.field(field)).toBeDefined();
    expect(got.field('connection')).toBeUndefined();
  });

  it('that ends with the connection is made whole by chunks', async () => {
    const { port, model } = await startSimple((_request, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'));
    const client = await RawClient.connect(port);
    expect((await client.request(get())).body).toBe('hello');
    expect((await client.request(get())).body).toBe('hello');
    expect(model.connections).toBe(2);
  });

  it('to HEAD has no body and keeps its length', async () => {
    const { port } = await startSimple(says('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'));
    const client = await RawClient.connect(port);
    const head = `HEAD /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`;
    expect((await client.request(head, true)).field('content-length')).toBe('500');
    expect((await client.request(head, true)).status).toBe(200);
  });

  it('is closed for HTTP/1.0 clients, or kept if they ask, and never chunked', async () => {
    const { port, model } = await startSimple(
      says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    );
    const old = (fields: string): string => `GET /iris/score HTTP/1.0\r\n${AUTH}${fields}\r\n`;
    const client = await RawClient.connect(port);
    const raw = await client.send(old('Connection: keep-alive\r\n')).untilEnd();
    expect(raw).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(raw).toMatch(/\r\n\r\nhello$/);
    model.answer = says('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    const kept = await RawClient.connect(port);
    expect((await kept.request(old('Connection: keep-alive\r\n'))).field('connection')).toBe('keep-alive');
    expect((await kept.request(old(''))).field('connection')).toBe('close');
    await kept.untilEnd();
  });
});

describe('ids', () => {
  it('are always ours; the caller’s comes back as its own', async () => {
    const { port, model } = await startSimple();
    const answer = await requestOnce(
      port,
      get('/iris/score', 'x-request-id: mine\r\nx-ms-client-request-id: order-7\r\n'),
    );
    expect(answer.field('x-request-id')).toMatch(UUID);
    expect(answer.field('x-ms-client-request-id')).toBe('order-7');
    expect(answer.field('x-ms-request-id')).toBe('order-7');
    expect((await model.seen(1)).field('x-request-id')).toBe(answer.field('x-request-id'));
  });

  it.each(['a b', 'x'.repeat(101), 'é', ''])('of the caller that are "%s" are refused', async (id) => {
    const { port } = await startSimple();
    const answer = await requestOnce(port, get('/iris/score', `x-ms-client-request-id: ${id}\r\n`));
    expect([answer.status, answer.field('x-ms-client-request-id')]).toEqual([400, undefined]);
  });

  it('of a trace go on with a span of our own, or start anew', async () => {
    const { port, model } = await startSimple();
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await requestOnce(port, get('/iris/1', `traceparent: 00-${trace}-b7ad6b7169203331-01\r\ntracestate: a=b\r\n`));
    await requestOnce(
      port,
      get('/iris/2', `traceparent: 00-${'0'.repeat(32)}-b7ad6b7169203331-01\r\ntracestate: a=b\r\n`),
    );
    const [good, bad] = model.requests;
    expect(good?.field('traceparent')).toMatch(new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
    expect(good?.field('tracestate')).toBe('a=b');
    expect(bad?.field('traceparent')).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(bad?.field('tracestate')).toBeUndefined();
  });
});

describe('CORS', () => {
  const preflight = (origin: string): string =>
    `OPTIONS /iris/score HTTP/1.1\r\nHost: a\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n`;

  it('preflights are answered by the gateway without a key', async () => {
    const { port, model } = await startSimple(undefined, { corsOrigins: ['https://app.test'] });
    const answer = await requestOnce(port, preflight('https://app.test'));
    expect(answer.status).toBe(204);
    expect(answer.field('access-control-allow-origin')).toBe('https://app.test');
    expect(answer.field('access-control-allow-headers')).toBe('content-type');
    expect((await requestOnce(port, preflight('https://evil.test'))).status).toBe(403);
    expect(model.connections).toBe(0);
  });

  it('preflights go to the model without a key where the endpoint has no origins', async () => {
    const { port, model } = await startSimple();
    expect((await requestOnce(port, preflight('https://app.test'))).status).toBe(200);
    expect((await model.seen(1)).method).toBe('OPTIONS');
  });

  it('lets pages of allowed origins read answers and errors', async () => {
    const { port } = await startSimple(
      says('HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n'),
      { corsOrigins: ['https://app.test'] },
    );
    const from = (origin: string, path = '/iris/score'): string => get(path, `Origin: ${origin}\r\n`);
    const allowed = await requestOnce(port, from('https://app.test'));
    expect(allowed.field('access-control-allow-origin')).toBe('https://app.test');
    const denied = await requestOnce(port, `GET /iris/x HTTP/1.1\r\nHost: a\r\nOrigin: https://app.test\r\n\r\n`);
    expect([denied.status, denied.field('access-control-allow-origin')]).toEqual([401, 'https://app.test']);
  });
});
