import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { type Answer, OK } from './testing/raw-model.ts';
import { claims, createSigner, nowSeconds, TOKEN_AUTH, tokensOf } from './testing/sign-token.ts';
import {
  AUTH,
  deployment,
  digest,
  endpoint,
  get,
  startGateway,
  startSimple,
  startTestModel,
  table,
  until,
} from './testing/start-gateway.ts';

const call = (key: string, fields = '', path = '/iris/score'): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n${fields}\r\n`;

const handshake = (fields: string): string =>
  `GET /iris/ws HTTP/1.1\r\nHost: a\r\n${fields}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** Accepts a handshake and says hello, or starts an answer that never ends. */
const OPEN_ENDED: Answer = (request, socket) => {
  if (request.field('upgrade') !== undefined) {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello');
  } else {
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    );
  }
};

const settings = { lapsedGraceMs: 0 };

describe('wrong keys', () => {
  it('are answered 401, then 429 with the time to wait, while the right key opens as ever', async () => {
    const { port, gateway, records } = await startSimple(OK, {}, { settings: { badKeysPerMinute: 3 } });
    const client = await RawClient.connect(port);
    for (let i = 0; i < 3; i += 1) expect((await client.request(call(`wrong-${i}`))).status).toBe(401);
    const answer = await client.request(call('wrong'));
    expect([answer.status, answer.json()['code'], answer.field('connection')]).toEqual([
      429,
      'gateway.too_many_bad_keys',
      'close',
    ]);
    expect(Number(answer.field('retry-after'))).toBeGreaterThan(0);
    await client.untilEnd();
    expect((await requestOnce(port, get())).status).toBe(200);
    expect((await requestOnce(port, 'GET /iris/score HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(401);
    expect(gateway.core.counters.get('shed.bad_keys')).toBe(1);
    expect((await records()).map(({ reason }) => reason)).toEqual([
      ...Array.from({ length: 3 }, () => 'unauthorized'),
      'bad_keys',
      'none',
      'unauthorized',
    ]);
  });

  it('count for the client behind a trusted forwarder, not for the forwarder', async () => {
    const model = await startTestModel();
    const routes = { ...table(endpoint([deployment('blue', [model.port])])), trustedForwarders: ['127.0.0.0/8'] };
    const { port } = await startGateway(routes, { settings: { badKeysPerMinute: 1 } });
    const from = async (address: string) =>
      (await requestOnce(port, call('wrong', `X-Forwarded-For: ${address}\r\n`))).status;
    expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([401, 429, 401]);
    expect([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8:1::1')]).toEqual([
      401, 429, 401,
    ]);
  });

  it('count as tokens too', async () => {
    const model = await startTestModel();
    const routes = table(endpoint([deployment('blue', [model.port])], TOKEN_AUTH));
    const { port } = await startGateway(routes, { settings: { badKeysPerMinute: 1 } });
    expect((await requestOnce(port, call('wrong'))).status).toBe(401);
    expect((await requestOnce(port, call('wrong'))).status).toBe(429);
  });
});

describe('what a key opened', () => {
  it.each([
    ['a WebSocket', handshake(AUTH)],
    ['an answer that goes on', get()],
  ])('ends when the key is revoked: %s', async (_name, request) => {
    const { port, gateway, model, records } = await startSimple(OPEN_ENDED, { allowWebsocket: true }, { settings });
    const client = await RawClient.connect(port);
    client.send(request);
    await client.received('hello');
    const others = [{ id: 'primary', sha256: digest('another') }];
    const routes = (keys: typeof others) =>
      table(endpoint([deployment('blue', [model.port])], { allowWebsocket: true, auth: { mode: 'key', keys } }));
    gateway.install(routes(others));
    await client.untilEnd();
    await until(() => model.sockets.size === 0);
    expect((await records()).at(-1)?.reason).toBe('unauthorized');
    expect(gateway.core.counters.get('lapsed_credentials')).toBe(1);
  });

  it('goes on when another key is regenerated', async () => {
    const { port, gateway, model } = await startSimple(OPEN_ENDED, { allowWebsocket: true }, { settings });
    const client = await RawClient.connect(port);
    client.send(handshake(AUTH));
    await client.received('hello');
    const { auth } = endpoint([]);
    const keys = [...auth.keys, { id: 'secondary', sha256: digest('another') }];
    const deployments = [deployment('blue', [model.port])];
    gateway.install(table(endpoint(deployments, { allowWebsocket: true, auth: { mode: 'key', keys } })));
    // Sent after the table came, and looked at after it too.
    expect((await requestOnce(port, call('wrong'))).status).toBe(401);
    await new Promise<void>((resolve) => setImmediate(resolve));
    const [socket] = model.sockets;
    socket?.write('still here');
    await client.received('still here');
    expect(gateway.core.counters.get('lapsed_credentials')).toBe(0);
    client.socket.destroy();
  });
});

describe('what a token opened', () => {
  const signer = createSigner();

  it.each([
    ['the token expires', (now: number) => ({ exp: now - 57 }), [signer]],
    ['its signing key is withdrawn', () => ({}), [createSigner('key-2')]],
  ])('ends when %s', async (_name, change, signers) => {
    const model = await startTestModel(OPEN_ENDED);
    const routes = (by: (typeof signer)[]) => ({
      ...table(endpoint([deployment('blue', [model.port])], { ...TOKEN_AUTH, allowWebsocket: true })),
      tokens: tokensOf(...by),
    });
    const { port, gateway } = await startGateway(routes([signer]), { settings });
    const client = await RawClient.connect(port);
    client.send(handshake(`Authorization: Bearer ${signer.token({ ...claims(), ...change(nowSeconds()) })}\r\n`));
    await client.received('hello');
    gateway.install(routes(signers));
    await client.untilEnd();
    expect(gateway.core.counters.get('lapsed_credentials')).toBe(1);
  });
});
