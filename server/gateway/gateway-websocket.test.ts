import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { type Answer, says } from './testing/raw-model.ts';
import { AUTH, startSimple, until } from './testing/start-gateway.ts';

const handshake = (fields = '', method = 'GET'): string =>
  `${method} /iris/ws HTTP/1.1\r\nHost: gateway.test\r\n${AUTH}Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${fields}\r\n`;

const ACCEPT =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n';

/** Accepts the handshake and sends everything back. */
const ECHO: Answer = (_request, socket) => {
  socket.removeAllListeners('data');
  socket.on('data', (bytes) => socket.write(bytes));
  socket.write(`${ACCEPT}hello`);
};

const ALLOWED = { allowWebsocket: true };

describe('WebSocket', () => {
  it('carries bytes both ways once the model has agreed', async () => {
    const { port, model, records } = await startSimple(ECHO, ALLOWED);
    const client = await RawClient.connect(port);
    const answer = await client.request(handshake('Sec-WebSocket-Protocol: chat\r\n'));
    expect([answer.status, answer.field('sec-websocket-accept'), answer.field('upgrade')]).toEqual([
      101,
      'x',
      'websocket',
    ]);
    await client.received('hello');
    client.send('ping');
    await client.received('ping');
    expect(model.requests[0]?.field('upgrade')).toBe('websocket');
    expect(model.requests[0]?.field('sec-websocket-protocol')).toBe('chat');
    client.socket.end();
    expect(await client.untilEnd()).toBe('helloping');
    await until(() => model.sockets.size === 0);
    expect((await records())[0]).toMatchObject({ status: 101, reason: 'none', deployment: 'blue' });
  });

  it('that is sent ahead of the answer is not lost', async () => {
    const { port } = await startSimple(ECHO, ALLOWED);
    const client = await RawClient.connect(port);
    client.send(`${handshake()}early`);
    expect((await client.response()).status).toBe(101);
    await client.received('early');
  });

  it('needs the endpoint’s consent, a key, and a whole handshake', async () => {
    const { port, model } = await startSimple(ECHO);
    const refused = await requestOnce(port, handshake());
    expect([refused.status, refused.json()['code']]).toEqual([403, 'gateway.upgrade_not_allowed']);
    const allowed = await startSimple(ECHO, ALLOWED);
    expect((await requestOnce(allowed.port, handshake().replace(AUTH, ''))).status).toBe(401);
    expect((await requestOnce(allowed.port, handshake('Content-Length: 1\r\n'))).status).toBe(400);
    expect((await requestOnce(allowed.port, handshake('', 'POST'))).status).toBe(400);
    expect((await requestOnce(allowed.port, handshake().replace(/Sec-WebSocket-Key.*\r\n/, ''))).status).toBe(400);
    expect((await requestOnce(allowed.port, handshake().replace('Version: 13', 'Version: 8'))).status).toBe(400);
    expect(model.connections + allowed.model.connections).toBe(0);
  });

  it('is not opened for pages of other sites', async () => {
    const { port } = await startSimple(ECHO, { ...ALLOWED, corsOrigins: ['https://app.test'] });
    const from = async (origin: string): Promise<number> =>
      (await requestOnce(port, handshake(`Origin: ${origin}\r\n`))).status;
    expect(await from('https://evil.test')).toBe(403);
    expect(await from('https://app.test')).toBe(101);
    expect(await from('http://gateway.test')).toBe(101);
  });

  it('may be declined by the model with a plain answer', async () => {
    const { port } = await startSimple(says('HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno'), ALLOWED);
    const client = await RawClient.connect(port);
    expect((await client.request(handshake())).body).toBe('no');
    expect((await client.request(handshake())).status).toBe(400);
  });

  it('is the only protocol that is switched to: other Upgrades are plain requests', async () => {
    const { port, model } = await startSimple(undefined, ALLOWED);
    const answer = await requestOnce(port, handshake().replace('WebSocket', 'h2c'));
    expect(answer.status).toBe(200);
    expect(model.requests[0]?.field('upgrade')).toBeUndefined();
  });

  it('ends when nothing moves', async () => {
    const { port, model, gateway } = await startSimple(ECHO, ALLOWED, { settings: { tunnelIdleTimeoutMs: 40 } });
    const client = await RawClient.connect(port);
    await client.request(handshake());
    await client.untilEnd();
    await until(() => model.sockets.size === 0);
    expect(gateway.core.counters.get('timeout.tunnel_idle')).toBe(1);
  });

  it('frees its slot however it ends', async () => {
    const { port, model, gateway } = await startSimple(ECHO, ALLOWED);
    const client = await RawClient.connect(port);
    await client.request(handshake());
    const inFlight = (): number => gateway.core.routes.find('iris')?.deployments[0]?.pool.all[0]?.inFlight ?? -1;
    expect(inFlight()).toBe(1);
    for (const socket of model.sockets) socket.resetAndDestroy();
    await client.untilEnd();
    await until(() => inFlight() === 0);
  });
});
