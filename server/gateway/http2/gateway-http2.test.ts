import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { answerOf, dialHttp2, predict, startPrediction } from '#server/gateway/testing/http2-client.ts';
import {
  fieldSection,
  FLAG,
  FRAME,
  frame,
  FrameClient,
  predictionFields,
  uint32,
} from '#server/gateway/testing/http2-frames.ts';
import { says } from '#server/gateway/testing/raw-model.ts';
import { KEY, startSimple, until } from '#server/gateway/testing/start-gateway.ts';
import { createTestAuthority, type TestAuthority } from '#server/tls/certificate-fixture.ts';

const MIB = 1024 * 1024;
const END = FLAG.endStream | FLAG.endHeaders;

describe('a request over HTTP/2', () => {
  it('is forwarded over HTTP/1.1 and answered as one over HTTP/1.1 would be', async () => {
    const { port, model, records } = await startSimple();
    const client = dialHttp2(port);
    const answer = await predict(client, { body: '{"a":1}', fields: { cookie: ['a=1', 'b=2'], 'x-mine': 'kept' } });
    expect(answer.status).toBe(200);
    expect(answer.field('azureml-model-deployment')).toBe('blue');
    expect(answer.field('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.body).toBe('{"path":"/score"}');
    const seen = await model.seen(1);
    expect([seen.method, seen.path, seen.body]).toEqual(['POST', '/score', '{"a":1}']);
    expect(seen.field('cookie')).toBe('a=1; b=2');
    expect(seen.field('x-mine')).toBe('kept');
    expect(seen.field('via')).toBe('2.0 viridian');
    expect(seen.field('authorization')).toBeUndefined();
    expect(seen.field('x-forwarded-host')).toBe(`127.0.0.1:${port}`);
    expect((await records())[0]).toMatchObject({ endpoint: 'iris', deployment: 'blue', status: 200, reason: 'none' });
  });

  it('shares its connection with a hundred others, and each gets its own answer', async () => {
    const { port, model } = await startSimple((request, socket) => {
      const body = `answer to ${request.body}`;
      setImmediate(() => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    });
    const client = dialHttp2(port);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => predict(client, { body: `number ${i}` })));
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 100 }, (_, i) => `answer to number ${i}`));
    expect(model.requests).toHaveLength(100);
  });

  it.each([
    ['without a key', { fields: { authorization: '' } }, 401, 'gateway.unauthorized'],
    ['to an endpoint that is not there', { path: '/nobody/score' }, 404, 'gateway.no_route'],
    ['with a body that is too large', { body: 'x'.repeat(1_001) }, 413, 'gateway.request_too_large'],
    ['with a target that is too long', { path: `/iris/${'x'.repeat(9_000)}` }, 414, 'gateway.uri_too_long'],
    ['with fields that are too large', { fields: { 'x-big': 'x'.repeat(17_000) } }, 431, 'gateway.headers_too_large'],
    ['with the method TRACE', { method: 'TRACE' }, 405, 'gateway.method_not_allowed'],
    [
      'to a deployment that is not there',
      { fields: { 'azureml-model-deployment': 'red' } },
      404,
      'gateway.unknown_deployment',
    ],
  ])('%s gets the answer that it would get over HTTP/1.1', async (_name, request, status, code) => {
    const { port, model, records } = await startSimple(undefined, {
      limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: 1_000 },
    });
    const answer = await predict(dialHttp2(port), request);
    expect([answer.status, answer.json()['code']]).toEqual([status, code]);
    expect(answer.field('content-type')).toBe('application/problem+json');
    expect(answer.json()['request_id']).toBe(answer.field('x-request-id'));
    expect(model.requests).toHaveLength(0);
    expect((await records())[0]?.status).toBe(status);
  });

  it('counts towards the limits of its endpoint as others do', async () => {
    const limits = { requestsPerSecond: null, concurrency: 1, maxBodyBytes: null };
    const { port, model } = await startSimple(() => undefined, { limits });
    const client = dialHttp2(port);
    startPrediction(client).end();
    await model.seen(1);
    const answer = await predict(client);
    expect([answer.status, answer.json()['code']]).toEqual([429, 'gateway.concurrency_limited']);
    expect(Number(answer.field('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it('of a browser gets its preflight from the gateway', async () => {
    const { port } = await startSimple(undefined, { corsOrigins: ['https://app.test'] });
    const answer = await predict(dialHttp2(port), {
      method: 'OPTIONS',
      fields: { origin: 'https://app.test', 'access-control-request-method': 'POST' },
    });
    expect([answer.status, answer.field('access-control-allow-origin')]).toEqual([204, 'https://app.test']);
  });

  it('cannot open a WebSocket (RFC 8441 is not offered)', async () => {
    const { port } = await startSimple(undefined, { allowWebsocket: true });
    const client = dialHttp2(port);
    await once(client, 'remoteSettings');
    expect(client.remoteSettings.enableConnectProtocol).toBe(false);
  });
});

describe('over TLS', () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await createTestAuthority();
  });

  it('HTTP/2 is chosen in the handshake, and the model hears of https', async () => {
    const { gateway, model } = await startSimple();
    const certificates = [await authority.serve(['gateway.test'])];
    const material = { certificates, ticketKeys: randomBytes(48).toString('base64') };
    const { port } = await gateway.listenTls({ host: '127.0.0.1', port: 0 }, material);
    const client: ClientHttp2Session = connect(`https://127.0.0.1:${port}`, {
      ca: authority.certificatePem,
      servername: 'gateway.test',
    });
    onTestFinished(() => client.destroy());
    expect((await predict(client)).status).toBe(200);
    expect(client.alpnProtocol).toBe('h2');
    const seen = await model.seen(1);
    expect(seen.field('x-forwarded-proto')).toBe('https');
    client.destroy();
    await until(() => gateway.core.http2.size === 0);
  });
});

describe('bodies over HTTP/2', () => {
  it('are whole in both directions however large', async () => {
    const body = randomBytes(4 * MIB).toString('base64');
    const { port } = await startSimple(
      (request, socket) =>
        void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${request.body.length}\r\n\r\n${request.body}`),
    );
    const answer = await predict(dialHttp2(port), { body });
    expect(answer.body === body).toBe(true);
  });

  it('of unknown length are sent on as they come', async () => {
    const { port, model } = await startSimple();
    const stream = startPrediction(dialHttp2(port));
    const answer = answerOf(stream);
    stream.write('first ');
    await until(() => model.received[0]?.includes('first ') === true);
    stream.end('second');
    expect((await answer).status).toBe(200);
    const seen = await model.seen(1);
    expect([seen.body, seen.field('transfer-encoding')]).toEqual(['first second', 'chunked']);
  });

  it('of answers come piece by piece, as the model sends them', async () => {
    const { port, model } = await startSimple(
      says('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'),
    );
    const stream = startPrediction(dialHttp2(port)).end();
    const answer = answerOf(stream);
    const [first] = (await once(stream, 'data')) as [Buffer];
    expect(first.toString()).toBe('data: 1\n\n');
    for (const socket of model.sockets) socket.end('data: 2\n\n');
    expect((await answer).body).toBe('data: 1\n\ndata: 2\n\n');
  });

  it('wait in the model when the client does not read, and in the client when the model does not', async () => {
    const { port, model, gateway } = await startSimple((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n');
      const piece = Buffer.alloc(MIB);
      const pump = (): void => {
        while (socket.writable && socket.write(piece)) continue;
      };
      socket.on('drain', pump);
      pump();
    });
    const client = dialHttp2(port);
    const unread = startPrediction(client).end();
    await once(unread, 'response');
    let before = -1;
    let sent = 0;
    const sentByModel = (): number => [...model.sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0);
    while (sent !== before) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      sent = sentByModel();
    }
    // Socket buffers of the kernel hold the most of it.
    expect(sent).toBeLessThan(16 * MIB);
    expect(gateway.core.counters.get('internal_errors')).toBe(0);
  });

  it('that a model does not take wait in their client, and hold up no other stream', async () => {
    const { port, model } = await startSimple();
    model.onBytes = (socket, text) => {
      if (text.includes('/slow')) socket.pause();
    };
    const client = dialHttp2(port);
    const slow = startPrediction(client, { path: '/iris/slow' });
    let sent = 0;
    const pump = (): void => {
      for (let goesOn = true; goesOn && sent < 256 * MIB; sent += MIB) goesOn = slow.write(Buffer.alloc(MIB));
    };
    slow.on('drain', pump);
    pump();
    await until(() => model.received.some((text) => text.includes('/slow')));
    for (let i = 0; i < 20; i += 1) expect((await predict(client, { body: 'x'.repeat(20_000) })).status).toBe(200);
    let before = -1;
    while (sent !== before) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // Socket buffers of the kernel hold the most of it.
    expect(sent).toBeLessThan(32 * MIB);
  });

  it.each([
    ['HEAD keeps its length and has no body', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n', 200, '7'],
    ['204 has none', 'POST', 'HTTP/1.1 204 No Content\r\n\r\n', 204, undefined],
    [
      '205 has none, though its model sends one',
      'POST',
      'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nhi',
      205,
      undefined,
    ],
    ['an empty one is whole', 'POST', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200, '0'],
  ])('%s', async (_name, method, text, status, length) => {
    const { port } = await startSimple(says(text));
    const answer = await predict(dialHttp2(port), { method });
    expect([answer.status, answer.field('content-length'), answer.body, answer.code]).toEqual([status, length, '', 0]);
  });

  it.each([
    ['of known length', 'Content-Length: 10\r\n\r\nhalf'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('%s that a model breaks off end with a reset, not as if they were whole', async (_name, text) => {
    const { port, model, records } = await startSimple(says(`HTTP/1.1 200 OK\r\n${text}`));
    const client = await FrameClient.connect(port);
    client.send(frame(FRAME.headers, END, 1, fieldSection(predictionFields())));
    await client.frame(FRAME.data);
    for (const socket of model.sockets) socket.end();
    expect((await client.frame(FRAME.resetStream)).payload.readUInt32BE()).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    const data = client.frames.filter(({ type }) => type === FRAME.data);
    expect(data.map(({ flags, payload }) => [flags, payload.toString()])).toEqual([[FLAG.none, 'half']]);
    expect((await records())[0]?.reason).toBe('upstream_closed');
  });

  it('that a client breaks off never look whole to the model', async () => {
    const { port, model } = await startSimple();
    const client = await FrameClient.connect(port);
    client.send(frame(FRAME.headers, FLAG.endHeaders, 1, fieldSection(predictionFields())));
    client.send(frame(FRAME.data, FLAG.none, 1, Buffer.from('half')));
    await until(() => model.received[0]?.includes('half') === true);
    client.send(frame(FRAME.resetStream, 0, 1, uint32(constants.NGHTTP2_CANCEL)));
    await until(() => model.sockets.size === 0);
    expect(model.requests).toHaveLength(0);
  });

  it('that a client stops sending are given up with an answer', async () => {
    const { port } = await startSimple(undefined, {}, { settings: { bodyIdleTimeoutMs: 30 } });
    const stream = startPrediction(dialHttp2(port));
    stream.write('half');
    const answer = await answerOf(stream);
    expect([answer.status, answer.json()['code']]).toEqual([408, 'gateway.request_timeout']);
  });

  it('are not asked for when they would not be used, and the connection goes on', async () => {
    const { port } = await startSimple();
    const client = dialHttp2(port);
    const stream = startPrediction(client, { path: '/nobody/score' });
    stream.write('x');
    expect((await answerOf(stream)).status).toBe(404);
    expect((await predict(client)).status).toBe(200);
  });
});

describe('what is beside the body', () => {
  const CHUNKS = '2\r\nhi\r\n0\r\nx-checksum: 7\r\nset-cookie: planted=1\r\n\r\n';

  it('trailers reach a client that takes them, without what must not be there', async () => {
    const { port } = await startSimple(says(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`));
    const client = dialHttp2(port);
    expect((await predict(client, { fields: { te: 'trailers' } })).trailers).toEqual(['x-checksum', '7']);
    expect((await predict(client)).trailers).toEqual([]);
  });

  it('103 comes before the answer', async () => {
    const { port } = await startSimple(
      says('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    );
    const answer = await predict(dialHttp2(port));
    expect([answer.interim, answer.status, answer.body]).toEqual([[103], 200, 'ok']);
  });

  it('100 is sent for a model that stays silent', async () => {
    const { port, model } = await startSimple(undefined, {}, { settings: { continueTimeoutMs: 20 } });
    const stream = startPrediction(dialHttp2(port), { fields: { expect: '100-continue', 'content-length': '5' } });
    const answer = answerOf(stream);
    await once(stream, 'continue');
    stream.end('hello');
    expect((await answer).status).toBe(200);
    expect((await model.seen(1)).body).toBe('hello');
  });

  it('fields that a model repeats stay repeated', async () => {
    const { port } = await startSimple(
      says(
        'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nETag: "1"\r\nETag: "2"\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    const { fields } = await predict(dialHttp2(port));
    expect(fields.filter((_, i) => ['set-cookie', 'etag'].includes(fields[i - 1] ?? ''))).toEqual([
      'a=1',
      'b=2',
      '"1"',
      '"2"',
    ]);
  });
});

describe('a worker that drains', () => {
  it('lets streams end, takes no new ones, and says so', async () => {
    const { port, model, gateway } = await startSimple(() => undefined, {}, { settings: { drainTimeoutMs: 10_000 } });
    const client = dialHttp2(port);
    const answer = answerOf(startPrediction(client).end());
    await model.seen(1);
    const toldTo = once(client, 'goaway');
    const drained = gateway.drain(true);
    expect((await toldTo)[0]).toBe(constants.NGHTTP2_NO_ERROR);
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await answer).body).toBe('ok');
    await drained;
    await until(() => gateway.core.http2.size === 0);
  });

  it('cuts streams that last longer than the drain may', async () => {
    const { port, model, gateway, records } = await startSimple(() => undefined);
    const answer = answerOf(startPrediction(dialHttp2(port)).end());
    await model.seen(1);
    await gateway.drain();
    expect((await answer).status).toBe(0);
    expect((await records())[0]?.reason).toBe('client_gone');
  });
});

describe('a key', () => {
  it('that a connection has shown opens nothing by itself', async () => {
    const { port } = await startSimple();
    const client = dialHttp2(port);
    expect((await predict(client, { fields: { authorization: `Bearer ${KEY}` } })).status).toBe(200);
    expect((await predict(client, { fields: { authorization: 'Bearer other' } })).status).toBe(401);
  });
});
