import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { says } from './testing/raw-model.ts';
import { AUTH, get, post, startSimple, until } from './testing/start-gateway.ts';

const head = (fields: string): string => `POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}${fields}\r\n`;

/** What is refused, and what the model sees of everything else, is in `vectors/`; here is what takes more than one exchange of octets to say. */

it('a request that is refused for its syntax is recorded like any other', async () => {
  const { port, records } = await startSimple();
  expect((await requestOnce(port, head('X : a\r\n'))).status).toBe(400);
  expect((await records()).at(-1)).toMatchObject({ status: 400, reason: 'bad_request' });
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

describe('answers a model should not give', () => {
  it('end their connection, and the endpoint goes on with another', async () => {
    const { port, model, records } = await startSimple(says('HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n'));
    const client = await RawClient.connect(port);
    const answer = await client.request(post());
    expect([answer.status, answer.json()['code']]).toEqual([502, 'gateway.bad_upstream_response']);
    await until(() => model.sockets.size === 0);
    model.answer = says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.request(post())).body).toBe('ok');
    expect(model.connections).toBe(2);
    expect((await records())[0]).toMatchObject({ status: 502, reason: 'bad_response' });
  });

  it('bytes on an idle connection are thrown away with it', async () => {
    const { port, model } = await startSimple();
    const client = await RawClient.connect(port);
    await client.request(get());
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON');
    await until(() => model.sockets.size === 0);
    expect((await client.request(get())).body).not.toContain('POISON');
  });

  it('that break off are recorded as such', async () => {
    const { port, records } = await startSimple((_request, socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    );
    const client = await RawClient.connect(port);
    expect(await client.send(get()).untilEnd()).toContain('half');
    expect((await records())[0]?.reason).toBe('upstream_closed');
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
