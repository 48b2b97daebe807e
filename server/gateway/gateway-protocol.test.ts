import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { says } from './testing/raw-model.ts';
import { AUTH, get, KEY, post, startSimple, until } from './testing/start-gateway.ts';

/** What must hold whatever a client sends: the model sees whole, unambiguous requests that were authorised, and nothing else. */
function expectUnambiguous(received: readonly string[]): void {
  for (const stream of received) {
    expect(stream).not.toContain('SMUGGLED');
    expect(stream).not.toContain(KEY);
    for (const head of stream.split('\r\n\r\n')) {
      const framing = head.match(/^(content-length|transfer-encoding):/gim) ?? [];
      expect(framing.length).toBeLessThanOrEqual(1);
    }
  }
}

const SMUGGLED = `GET /SMUGGLED HTTP/1.1\r\nHost: a\r\n\r\n`;
const head = (fields: string): string => `POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}${fields}\r\n`;

describe('hostile requests never reach the model and close the connection', () => {
  it.each([
    [
      'Content-Length with Transfer-Encoding',
      head('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n') + `0\r\n\r\n${SMUGGLED}`,
      400,
    ],
    [
      'Transfer-Encoding with Content-Length',
      head('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n') + `0\r\n\r\n${SMUGGLED}`,
      400,
    ],
    ['two Content-Lengths', head('Content-Length: 0\r\nContent-Length: 40\r\n') + SMUGGLED, 400],
    ['a list of Content-Lengths', head('Content-Length: 0, 40\r\n') + SMUGGLED, 400],
    ['a signed Content-Length', head('Content-Length: +0\r\n') + SMUGGLED, 400],
    ['a Content-Length with a leading zero', head('Content-Length: 00\r\n') + SMUGGLED, 400],
    ['chunked twice', head('Transfer-Encoding: chunked, chunked\r\n') + `0\r\n\r\n${SMUGGLED}`, 400],
    ['chunked with a comma', head('Transfer-Encoding: chunked,\r\n') + `0\r\n\r\n${SMUGGLED}`, 400],
    ['an unknown coding', head('Transfer-Encoding: gzip\r\n') + SMUGGLED, 501],
    ['a tab before chunked’s name', head('Transfer-Encoding\t: chunked\r\n') + `0\r\n\r\n${SMUGGLED}`, 400],
    ['a folded field', head('X: a\r\n Content-Length: 40\r\n') + SMUGGLED, 400],
    ['a bare LF in the head', head(`X: a\nContent-Length: 40\r\n`) + SMUGGLED, 400],
    ['a bare LF after a chunk size', head('Transfer-Encoding: chunked\r\n') + `0\n\r\n${SMUGGLED}`, 400],
    ['a chunk size in hex notation', head('Transfer-Encoding: chunked\r\n') + `0x0\r\n\r\n${SMUGGLED}`, 400],
    ['a chunk longer than its size', head('Transfer-Encoding: chunked\r\n') + `1\r\nabc\r\n0\r\n\r\n${SMUGGLED}`, 400],
    [
      'chunked in HTTP/1.0',
      `POST /iris/score HTTP/1.0\r\n${AUTH}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      400,
    ],
    ['two Hosts', `GET /iris/score HTTP/1.1\r\nHost: a\r\nHost: b\r\n${AUTH}\r\n${SMUGGLED}`, 400],
    ['no Host', `GET /iris/score HTTP/1.1\r\n${AUTH}\r\n${SMUGGLED}`, 400],
    ['a Host with a path', `GET /iris/score HTTP/1.1\r\nHost: a/b\r\n${AUTH}\r\n`, 400],
    ['two keys', head(AUTH) + SMUGGLED, 400],
    ['NUL in a value', head('X: a\u0000b\r\n') + SMUGGLED, 400],
    ['HTTP/0.9', 'GET /iris/score\r\n', 400],
    ['HTTP/2.0', `GET /iris/score HTTP/2.0\r\nHost: a\r\n${AUTH}\r\n`, 505],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['CONNECT', `CONNECT iris:443 HTTP/1.1\r\nHost: iris:443\r\n${AUTH}\r\n`, 405],
    ['TRACE', `TRACE /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`, 405],
    ['a fragment', get('/iris/score#x'), 400],
    ['a backslash', get('/iris\\score'), 400],
    ['a dot segment', get('/iris/a/../../other'), 400],
    ['an encoded dot segment', get('/iris/%2e%2e/other'), 400],
    ['a dot segment behind an encoded slash', get('/iris/x%2f..%2f..%2fother'), 400],
    ['a target that reads as an authority', get('//evil.test/iris'), 400],
    ['a target of 9 KiB', get(`/iris/${'a'.repeat(9_000)}`), 414],
    ['17 KiB of fields', get('/iris/score', `X: ${'a'.repeat(17_000)}\r\n`), 431],
    ['101 fields', get('/iris/score', 'X: y\r\n'.repeat(101)), 431],
    ['an unknown expectation', head('Expect: magic\r\nContent-Length: 1\r\n') + 'x', 417],
  ])('%s', async (_name, text, status) => {
    const { port, model, records } = await startSimple();
    const client = await RawClient.connect(port);
    const answer = await client.request(text);
    expect(answer.status).toBe(status);
    expect(answer.field('connection')).toBe('close');
    await client.untilEnd();
    expect(client.pending).toBe('');
    expect(model.received.join('')).not.toContain('SMUGGLED');
    expectUnambiguous(model.received);
    expect((await records()).at(-1)).toMatchObject({ status });
  });
});

describe('what reaches the model', () => {
  it('is framed anew, whatever names the client used', async () => {
    const { port, model } = await startSimple();
    const body = '5;ext="a"\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n';
    const answer = await requestOnce(port, head('tRANSFER-eNCODING: Chunked\r\nTrailer: X-Sum\r\n') + body);
    expect(answer.status).toBe(200);
    const seen = await model.seen(1);
    expect(seen.body).toBe('hello!');
    expect(seen.trailers).toBe('');
    expect(seen.field('trailer')).toBeUndefined();
    expect(model.received[0]).not.toContain('ext');
    expectUnambiguous(model.received);
  });

  it.each(['DELETE', 'OPTIONS', 'GET'])('keeps the body of %s', async (method) => {
    const { port, model } = await startSimple();
    const text = `${method} /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`;
    await requestOnce(port, text);
    expect((await model.seen(1)).body).toBe(SMUGGLED);
    expect(model.requests).toHaveLength(1);
  });

  it('holds nothing that belongs to the client’s connection or that only the gateway may say', async () => {
    const { port, model } = await startSimple();
    const fields = [
      'Connection: X-Hop, Authorization, X-Forwarded-For, x-request-id, close',
      'X-Hop: planted',
      'Keep-Alive: planted',
      'Proxy-Connection: planted',
      'Proxy-Authorization: planted',
      'TE: gzip',
      'Upgrade: h2c',
      'HTTP2-Settings: planted',
      'X-Forwarded-For: planted',
      'X_Forwarded_For: planted',
      'X-Forwarded-Host: planted',
      'X-Forwarded-Proto: planted',
      'Forwarded: for=planted',
      'X-Real-IP: planted',
      'viridian-consumer-id: planted',
      'viridian_consumer_id: planted',
      'azureml-mirrored: true',
      'Cookie: a=1; next-auth.session-token=planted; b=2; __Host-next-auth.csrf-token=planted',
    ];
    const answer = await requestOnce(port, get('/iris/score', `${fields.join('\r\n')}\r\n`));
    expect(answer.status).toBe(200);
    const seen = await model.seen(1);
    expect(model.received[0]).not.toContain('planted');
    expect(model.received[0]).not.toMatch(/^(upgrade|http2-settings|te|azureml-mirrored):/im);
    expect(seen.field('x-forwarded-for')).toBe('127.0.0.1');
    expect(seen.field('x-forwarded-host')).toBe('gateway.test');
    expect(seen.field('x-forwarded-proto')).toBe('http');
    expect(seen.field('via')).toBe('1.1 viridian');
    expect(seen.field('cookie')).toBe('a=1; b=2');
    expect(seen.field('viridian-consumer-id')).toBe('primary');
    expect(seen.field('x-request-id')).toBeDefined();
  });

  it('says that the client takes trailers, and trailers it asked for come through without what must not', async () => {
    const chunks =
      '2\r\nhi\r\n0\r\ngrpc-status: 0\r\nSet-Cookie: planted=1\r\nContent-Length: 9\r\nX-Forwarded-For: planted\r\n\r\n';
    const { port, model } = await startSimple(says(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`));
    const asked = await requestOnce(port, get('/iris/score', 'TE: trailers\r\nConnection: TE\r\n'));
    expect(asked.trailers).toBe('grpc-status: 0');
    expect((await model.seen(1)).field('te')).toBe('trailers');
    expect((await requestOnce(port, get())).trailers).toBe('');
  });

  it('is refused when it has passed this gateway before', async () => {
    const { port, model } = await startSimple();
    await requestOnce(port, get());
    const hop = (await model.seen(1)).field('viridian-hop') as string;
    const answer = await requestOnce(port, get('/iris/score', `viridian-hop: other\r\nviridian-hop: ${hop}\r\n`));
    expect([answer.status, answer.json()['code']]).toEqual([508, 'gateway.loop_detected']);
  });
});

describe('answers a model should not give become 502, and their connection is never used again', () => {
  it.each([
    [
      'a 101 nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON',
    ],
    ['status 000', 'HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n'],
    ['status 600', 'HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n'],
    ['two digits', 'HTTP/1.1 20 X\r\nContent-Length: 0\r\n\r\n'],
    ['CR in the reason', 'HTTP/1.1 200 a\rb\r\nContent-Length: 0\r\n\r\n'],
    ['NUL in the reason', 'HTTP/1.1 200 a\u0000b\r\nContent-Length: 0\r\n\r\n'],
    ['NUL in a field', 'HTTP/1.1 200 OK\r\nX: a\u0000b\r\nContent-Length: 0\r\n\r\n'],
    ['a C1 control in a field', 'HTTP/1.1 200 OK\r\nX: a\u0085b\r\nContent-Length: 0\r\n\r\n'],
    ['two Content-Lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a signed Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na'],
    [
      'Content-Length with chunked',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['chunked with a comma', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9\r\n'],
    ['a folded field', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    ['endless interim answers', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40)],
    ['endless fields', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}`],
  ])('%s', async (_name, text) => {
    const { port, model, records } = await startSimple(says(text));
    const client = await RawClient.connect(port);
    client.send(post());
    let answer = await client.response();
    while (answer.status === 103) answer = await client.response();
    expect(answer.status).toBe(502);
    expect(answer.json()['code']).toBe('gateway.bad_upstream_response');
    expect(answer.body).not.toContain('POISON');
    await until(() => model.sockets.size === 0);
    model.answer = says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.request(post())).body).toBe('ok');
    expect(model.connections).toBe(2);
    expect((await records())[0]).toMatchObject({ status: 502, reason: 'bad_response' });
  });

  it('bytes behind an answer are thrown away with their connection', async () => {
    const planted = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON';
    const { port, model } = await startSimple(says(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${planted}`));
    const client = await RawClient.connect(port);
    expect((await client.request(get())).body).toBe('ok');
    expect((await client.request(get())).body).toBe('ok');
    expect(model.connections).toBe(2);
  });

  it('bytes on an idle connection are thrown away with it', async () => {
    const { port, model } = await startSimple();
    const client = await RawClient.connect(port);
    await client.request(get());
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON');
    await until(() => model.sockets.size === 0);
    expect((await client.request(get())).body).not.toContain('POISON');
  });

  it.each([
    ['a body shorter than announced', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['a body without its last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['a malformed chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nXX\r\n'],
  ])('%s cuts the client instead of being made whole', async (_name, text) => {
    const { port, records } = await startSimple((_request, socket) => socket.end(text));
    const client = await RawClient.connect(port);
    const raw = await client.send(get()).untilEnd();
    expect(raw).toContain('half');
    expect(raw).not.toMatch(/\r\n0\r\n\r\n$/);
    expect((await records())[0]?.reason).toMatch(/upstream_closed|bad_response/);
  });

  it('an answer that ends with the connection is reset, not ended, for HTTP/1.0 clients when the model breaks', async () => {
    const { port, model } = await startSimple(says('HTTP/1.1 200 OK\r\n\r\nhalf'));
    const client = await RawClient.connect(port);
    client.send(`GET /iris/score HTTP/1.0\r\n${AUTH}\r\n`);
    await client.received('half');
    for (const socket of model.sockets) socket.resetAndDestroy();
    expect(await client.untilEnd()).toMatch(/half$/);
    expect(client.outcome).toBe('reset');
  });
});

describe('interim answers', () => {
  it('103 goes to HTTP/1.1 clients and not to HTTP/1.0', async () => {
    const { port } = await startSimple(
      says('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    );
    const client = await RawClient.connect(port);
    const early = await client.request(get());
    expect([early.status, early.field('link')]).toEqual([103, '</a>']);
    expect((await client.response()).status).toBe(200);
    expect((await requestOnce(port, `GET /iris/score HTTP/1.0\r\n${AUTH}\r\n`)).status).toBe(200);
  });

  it('100 is the model’s: the body is sent when it asks', async () => {
    const { port, model } = await startSimple();
    model.onBytes = (socket, text) => {
      if (text.endsWith('\r\n\r\n') && text.includes('100-continue')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    };
    const client = await RawClient.connect(port);
    const interim = await client.request(head('Expect: 100-continue\r\nContent-Length: 5\r\n'));
    expect(interim.status).toBe(100);
    expect((await client.request('hello')).status).toBe(200);
    expect((await model.seen(1)).body).toBe('hello');
  });

  it('100 is sent for a model that stays silent', async () => {
    const { port, model } = await startSimple(undefined, {}, { settings: { continueTimeoutMs: 20 } });
    const client = await RawClient.connect(port);
    expect((await client.request(head('Expect: 100-continue\r\nContent-Length: 5\r\n'))).status).toBe(100);
    expect((await client.request('hello')).status).toBe(200);
    expect((await model.seen(1)).body).toBe('hello');
  });

  it.each([
    ['without a key', `POST /iris/score HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`, 401],
    ['for a body that is too large', head('Expect: 100-continue\r\nContent-Length: 5000\r\n'), 413],
  ])('a request %s is refused before its body', async (_name, text, status) => {
    const limits = { requestsPerSecond: null, concurrency: null, maxBodyBytes: 1000 };
    const { port, model } = await startSimple(undefined, { limits });
    const answer = await requestOnce(port, text);
    expect([answer.status, answer.field('connection')]).toEqual([status, 'close']);
    expect(model.connections).toBe(0);
  });

  it('an answer instead of 100 reaches the client and closes', async () => {
    const { port, model } = await startSimple();
    model.onBytes = (socket) => socket.write('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno');
    const client = await RawClient.connect(port);
    const answer = await client.request(head('Expect: 100-continue\r\nContent-Length: 5\r\n'));
    expect([answer.status, answer.body, answer.field('connection')]).toEqual([403, 'no', 'close']);
  });
});
