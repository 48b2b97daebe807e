import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { dialHttp2, predict, startPrediction } from '#server/gateway/testing/http2-client.ts';
import {
  fieldSection,
  FLAG,
  FRAME,
  frame,
  FrameClient,
  predictionFields,
  PREFACE,
  uint32,
} from '#server/gateway/testing/http2-frames.ts';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { says } from '#server/gateway/testing/raw-model.ts';
import { get, startSimple, until } from '#server/gateway/testing/start-gateway.ts';

const END = FLAG.endStream | FLAG.endHeaders;
const headers = (stream: number, flags: number, ...more: readonly (readonly [string, string])[]): Buffer =>
  frame(FRAME.headers, flags, stream, fieldSection(predictionFields(...more)));
const cancel = (stream: number): Buffer => frame(FRAME.resetStream, 0, stream, uint32(constants.NGHTTP2_CANCEL));

describe('one connection that costs more than it asks for', () => {
  it('is ended when it takes back requests as fast as it makes them (CVE-2023-44487)', async () => {
    const { port, gateway } = await startSimple(() => undefined);
    const client = await FrameClient.connect(port);
    for (let id = 1; !client.closed; id += 200) {
      const ids = Array.from({ length: 100 }, (_, i) => id + 2 * i);
      client.send(...ids.flatMap((stream) => [headers(stream, END), cancel(stream)]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.untilClosed();
    expect(gateway.core.counters.get('protocol_error.http2.rapid_reset')).toBe(1);
    await until(() => gateway.core.routes.find('iris')?.state.inFlight === 0);
    expect((await predict(dialHttp2(port), { path: '/nobody/score' })).status).toBe(404);
  });

  it.each([
    ['SETTINGS', 'settings_flood', frame(FRAME.settings, FLAG.none, 0)],
    ['PING', 'ping_flood', frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8))],
  ])('is ended by a flood of %s', async (_name, counter, flood) => {
    const { port, gateway } = await startSimple();
    const client = await FrameClient.connect(port);
    for (let i = 0; i < 300; i += 1) client.send(flood);
    expect(await client.goaway()).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await client.untilClosed();
    expect(gateway.core.counters.get(`protocol_error.http2.${counter}`)).toBe(1);
  });

  it('is ended by a field section without end in CONTINUATION frames', async () => {
    const { port, model } = await startSimple();
    const client = await FrameClient.connect(port);
    client.send(frame(FRAME.headers, FLAG.endStream, 1, fieldSection(predictionFields())));
    for (let i = 0; i < 100; i += 1)
      client.send(frame(FRAME.continuation, 0, 1, fieldSection([['x-a', 'b'.repeat(500)]])));
    await client.goaway();
    await client.untilClosed();
    expect(model.requests).toHaveLength(0);
  });

  it('may ping with every piece of work', async () => {
    const { port } = await startSimple();
    const client = await FrameClient.connect(port);
    for (let i = 0; i < 300; i += 1) {
      client.send(headers(2 * i + 1, END), frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8)));
      await client.frame(FRAME.data, ({ stream }) => stream === 2 * i + 1);
    }
    expect(client.frames.filter(({ type }) => type === FRAME.goaway)).toEqual([]);
  });

  it('has at most 100 streams, and those beyond were not looked at', async () => {
    const { port, model } = await startSimple(() => undefined);
    const client = await FrameClient.connect(port);
    await client.frame(FRAME.settings, ({ flags }) => flags === FLAG.ack);
    for (let i = 0; i <= 100; i += 1) client.send(headers(2 * i + 1, END));
    const refusal = await client.frame(FRAME.resetStream);
    expect([refusal.stream, refusal.payload.readUInt32BE()]).toEqual([201, constants.NGHTTP2_REFUSED_STREAM]);
    expect(await model.seen(100)).toBeDefined();
  });
});

describe('a malformed request', () => {
  it.each([
    ['a field of the connection', [['connection', 'keep-alive']]],
    ['Transfer-Encoding', [['transfer-encoding', 'chunked']]],
    ['te other than trailers', [['te', 'gzip']]],
    ['an upper-case name', [['X-Upper', 'a']]],
    ['a second :path', [[':path', '/iris/other']]],
  ] as [string, [string, string][]][])('with %s ends its stream, and the model sees nothing', async (_name, more) => {
    const { port, model } = await startSimple();
    const client = await FrameClient.connect(port);
    client.send(headers(1, END, ...more));
    const reset = await client.frame(FRAME.resetStream);
    expect(reset.payload.readUInt32BE()).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    client.send(headers(3, END));
    await client.frame(FRAME.data, ({ stream }) => stream === 3);
    expect(model.requests).toHaveLength(1);
  });

  it.each([
    ['CR LF in a value', ['x-a', 'b\r\nauthorization: planted']],
    ['NUL in a value', ['x-a', 'b\0c']],
    ['a space in a name', ['x a', 'b']],
    ['a colon in a name', ['x:a', 'b']],
    ['a line in the path', [':path', '/iris/score HTTP/1.1\r\nplanted: 1']],
  ] as [string, [string, string]][])('with %s cannot plant a line', async (_name, planted) => {
    const { port, model } = await startSimple();
    const client = await FrameClient.connect(port);
    const fields = predictionFields().filter(([name]) => name !== planted[0]);
    const pseudo = planted[0].startsWith(':') ? [planted, ...fields] : [...fields, planted];
    client.send(frame(FRAME.headers, END, 1, fieldSection(pseudo)), headers(3, END));
    await client.frame(FRAME.data, ({ stream }) => stream === 3);
    expect(model.received.join('')).not.toContain('planted');
  });

  it('whose body is not as long as it says is not completed', async () => {
    const { port, model } = await startSimple();
    const client = await FrameClient.connect(port);
    client.send(headers(1, FLAG.endHeaders, ['content-length', '5']));
    client.send(frame(FRAME.data, FLAG.endStream, 1, Buffer.from('abc')));
    const reset = await client.frame(FRAME.resetStream);
    expect(reset.payload.readUInt32BE()).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    await until(() => model.sockets.size === 0);
    expect(model.requests).toHaveLength(0);
  });

  it('that names two hosts is refused', async () => {
    const { port } = await startSimple();
    const answer = await predict(dialHttp2(port), { fields: { ':authority': 'a.test', host: 'b.test' } });
    expect([answer.status, answer.json()['code']]).toEqual([400, 'gateway.bad_request']);
  });
});

describe('the preface', () => {
  it('may come in pieces', async () => {
    const { port } = await startSimple();
    const client = await FrameClient.connect(port, false);
    for (const octet of PREFACE) {
      client.socket.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.send(frame(FRAME.settings, FLAG.none, 0), headers(1, END));
    expect((await client.frame(FRAME.data)).stream).toBe(1);
  });

  it('is no request of HTTP/1.1 that has begun', async () => {
    const { port } = await startSimple();
    const client = await RawClient.connect(port);
    await client.request(get());
    expect((await client.request(PREFACE)).status).toBe(505);
  });

  it('has to be followed by SETTINGS in time', async () => {
    const { port } = await startSimple(undefined, {}, { settings: { requestHeadTimeoutMs: 30 } });
    const client = await FrameClient.connect(port, false);
    client.send(PREFACE);
    expect(await client.goaway()).toBe(constants.NGHTTP2_NO_ERROR);
    await client.untilClosed();
  });

  it('is followed by an end when nothing is asked for', async () => {
    const { port } = await startSimple(undefined, {}, { settings: { keepAliveTimeoutMs: 30 } });
    const client = await FrameClient.connect(port);
    expect(await client.goaway()).toBe(constants.NGHTTP2_NO_ERROR);
    await client.untilClosed();
  });
});

describe('a client that is gone', () => {
  it('without a word leaves no request behind', async () => {
    const { port, model, records } = await startSimple(() => undefined);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0), headers(1, END)]));
    await model.seen(1);
    socket.destroy();
    await until(() => model.sockets.size === 0);
    expect((await records())[0]).toMatchObject({ status: 499, reason: 'client_gone' });
  });

  it('from one stream leaves the others alone', async () => {
    const { port, model } = await startSimple(() => undefined);
    const client = dialHttp2(port);
    const left = startPrediction(client).end();
    const kept = startPrediction(client).end();
    await model.seen(2);
    left.close(constants.NGHTTP2_CANCEL);
    await until(() => model.sockets.size === 1);
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const [answer] = (await once(kept, 'response')) as [Record<string, unknown>];
    expect(answer[':status']).toBe(200);
  });
});

describe('the end of a connection (RFC 9113 section 6.8)', () => {
  it('is told twice: first with room for what crosses with it, then with the last request that is served', async () => {
    const { port, model, gateway } = await startSimple(undefined, {}, { settings: { drainTimeoutMs: 10_000 } });
    const client = await FrameClient.connect(port);
    client.send(headers(1, END));
    await client.frame(FRAME.data);
    const drained = gateway.drain(true);
    client.send(headers(3, END));
    await client.frame(FRAME.goaway);
    await client.frame(FRAME.data, ({ stream }) => stream === 3);
    // Who answers the ping has read the first word.
    const ping = await client.frame(FRAME.ping);
    client.send(frame(FRAME.ping, FLAG.ack, 0, ping.payload));
    await client.untilClosed();
    await drained;
    const told = client.frames.filter(({ type }) => type === FRAME.goaway);
    expect(told.map(({ payload }) => payload.readUInt32BE(4))).not.toContain(constants.NGHTTP2_PROTOCOL_ERROR);
    expect([...new Set(told.map(({ payload }) => payload.readUInt32BE(0)))]).toEqual([0x7fff_ffff, 3]);
    expect(model.requests).toHaveLength(2);
  });

  it('is told between frames, also in the middle of an answer that the client does not take', async () => {
    const body = 'x'.repeat(8 * 1024 * 1024);
    const { port, gateway } = await startSimple(
      says(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      {},
      { settings: { drainTimeoutMs: 10_000 } },
    );
    const client = await FrameClient.connect(port);
    const wide = uint32(2 ** 30);
    client.send(frame(FRAME.windowUpdate, 0, 0, wide), headers(1, END), frame(FRAME.windowUpdate, 0, 1, wide));
    await client.frame(FRAME.data);
    client.socket.pause();
    const drained = gateway.drain(true);
    client.socket.resume();
    await client.untilClosed();
    await drained;
    const known = new Set<number>(Object.values(FRAME));
    expect(client.frames.filter(({ type }) => !known.has(type))).toEqual([]);
    const data = client.frames.filter(({ type, stream }) => type === FRAME.data && stream === 1);
    expect(data.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(body.length);
    expect(client.frames.find(({ type }) => type === FRAME.goaway)?.payload.readUInt32BE(0)).toBe(0x7fff_ffff);
  });
});
