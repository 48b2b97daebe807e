import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RouteEndpoint } from '#server/routing/route-table.ts';
import { createTestAuthority, temporaryFolder, type TestAuthority } from '#server/tls/certificate-fixture.ts';
import { createChallengeCertificate } from '#server/tls/acme/challenge-certificate.ts';
import type { ServedCertificate } from '#server/tls/served-certificate.ts';
import type { GatewaySettings } from '../gateway-settings.ts';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { type Answer, OK } from '#server/gateway/testing/raw-model.ts';
import { get, KEY, post, startSimple, until } from '#server/gateway/testing/start-gateway.ts';
import type { TlsMaterial } from './tls-listener.ts';

let authority: TestAuthority;
let ownCertificate: ServedCertificate;

beforeAll(async () => {
  authority = await createTestAuthority();
  ownCertificate = await authority.serve(['gateway.test', '127.0.0.1']);
});

const material = (...certificates: ServedCertificate[]): TlsMaterial => ({
  certificates,
  ticketKeys: randomBytes(48).toString('base64'),
});

async function startTls(
  options: {
    answer?: Answer;
    endpoint?: Partial<RouteEndpoint>;
    settings?: Partial<GatewaySettings>;
    certificates?: ServedCertificate[];
  } = {},
) {
  const { answer = OK, endpoint = {}, settings = {}, certificates = [ownCertificate] } = options;
  const started = await startSimple(answer, endpoint, { settings });
  const { port: tlsPort } = await started.gateway.listenTls({ host: '127.0.0.1', port: 0 }, material(...certificates));
  const counter = (name: string): number => started.gateway.core.counters.get(name);
  return { ...started, tlsPort, counter };
}

const dial = (port: number, options: ConnectionOptions = {}) =>
  RawClient.connectTls(port, { ca: authority.certificatePem, servername: 'gateway.test', ...options });

const namesSeenBy = async (port: number, servername: string): Promise<string> => {
  const client = await dial(port, { servername, checkServerIdentity: () => undefined });
  const { subjectaltname = '' } = client.socket.getPeerCertificate();
  client.close();
  return subjectaltname;
};

describe('a prediction over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is answered over %s, and the model hears of https', async (version) => {
    const { tlsPort, model } = await startTls();
    const client = await dial(tlsPort, { minVersion: version, maxVersion: version, ALPNProtocols: ['http/1.1'] });
    expect((await client.request(post())).status).toBe(200);
    expect(client.socket.getProtocol()).toBe(version);
    expect(client.socket.alpnProtocol).toBe('http/1.1');
    expect(model.requests[0]?.field('x-forwarded-proto')).toBe('https');
    expect(model.requests[0]?.field('x-forwarded-port')).toBe(String(tlsPort));
  });

  it('carries large bodies whole in both directions', async () => {
    const body = 'x'.repeat(3 * 1024 * 1024);
    const { tlsPort } = await startTls({
      answer: (request, model) =>
        void model.write(`HTTP/1.1 200 OK\r\nContent-Length: ${request.body.length}\r\n\r\n${request.body}`),
    });
    const client = await dial(tlsPort);
    expect((await client.request(post(body))).body).toBe(body);
  });

  it('is answered to curl, which checks the certificate', async () => {
    const { tlsPort } = await startTls();
    const path = join(await temporaryFolder(), 'ca.crt');
    await writeFile(path, authority.certificatePem);
    const url = `https://127.0.0.1:${tlsPort}/iris/score`;
    const run = (...more: string[]) =>
      promisify(execFile)('curl', [
        '-sS',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-H',
        `Authorization: Bearer ${KEY}`,
        '-d',
        '{}',
        ...more,
        url,
      ]);
    expect((await run('--cacert', path)).stdout).toBe('200');
    await expect(run()).rejects.toThrow(/certificate/);
  });

  it('that the model breaks off does not look complete', async () => {
    const { tlsPort } = await startTls({
      answer: (_, model) => {
        model.write('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf of it');
        model.resetAndDestroy();
      },
    });
    const client = await dial(tlsPort);
    // Only the end of the connection says to a client of HTTP/1.0 that the body is whole.
    client.send(get().replace('HTTP/1.1', 'HTTP/1.0'));
    await client.untilEnd();
    expect(client.outcome).toBe('reset');
  });

  it('that its client gives up frees the model at once', async () => {
    const { tlsPort, model, counter } = await startTls({ answer: () => undefined });
    const client = await dial(tlsPort);
    client.send(post());
    await until(() => model.requests.length === 1);
    client.socket.end();
    client.socket.resume();
    await until(() => model.sockets.size === 0);
    expect(counter('client_socket_errors')).toBe(0);
  });
});

describe('a stream over TLS', () => {
  it('reaches the client piece by piece, as the model sends it', async () => {
    const { tlsPort, model } = await startTls({
      answer: (_, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'),
    });
    const client = await dial(tlsPort);
    client.send(get());
    await client.received('data: 1');
    for (const socket of model.sockets) socket.end('data: 2\n\n');
    expect((await client.response()).body).toBe('data: 1\n\ndata: 2\n\n');
  });

  it('of a WebSocket goes both ways until one side ends it', async () => {
    const { tlsPort, model } = await startTls({
      endpoint: { allowWebsocket: true },
      answer: (_, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.on('data', (bytes: Buffer) => socket.write(`echo:${bytes.toString('latin1')}`));
      },
    });
    const client = await dial(tlsPort);
    const handshake =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n';
    client.send(get('/iris/ws', handshake));
    await client.received('101 Switching Protocols');
    client.send('hello');
    await client.received('echo:hello');
    client.close();
    await until(() => model.sockets.size === 0);
    expect(model.requests).toHaveLength(1);
  });
});

describe('the handshake', () => {
  it('is refused below TLS 1.2 and to protocols that are not spoken', async () => {
    const { tlsPort, counter } = await startTls();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(dial(tlsPort, old)).rejects.toThrow(/alert protocol version/);
    await expect(dial(tlsPort, { ALPNProtocols: ['h3'] })).rejects.toThrow(/no application protocol/);
    await expect(dial(tlsPort, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).rejects.toThrow(/handshake failure/);
    expect(counter('tls.handshake_failed.old_protocol')).toBe(1);
    expect(counter('tls.handshake_failed.no_shared_protocol')).toBe(1);
    expect(counter('tls.handshake_failed.no_shared_cipher')).toBe(1);
  });

  it('is cut when it takes too long, whatever the client trickles, and counted', async () => {
    const { tlsPort, counter } = await startTls({ settings: { tlsHandshakeTimeoutMs: 30 } });
    const silent = connect(tlsPort, '127.0.0.1');
    const slow = connect(tlsPort, '127.0.0.1');
    const trickle = setInterval(() => slow.write(Buffer.from([0x16])), 10);
    // What is trickled into a connection that has just been cut makes a reset of it, which is an end like others.
    const closed = (socket: Socket) => new Promise((resolve) => void socket.on('close', resolve));
    for (const socket of [silent, slow]) socket.on('error', () => undefined).resume();
    await Promise.all([closed(silent), closed(slow)]);
    clearInterval(trickle);
    await until(() => counter('tls.handshake_failed.timeout') + counter('tls.handshake_failed.other') === 2);
    expect(counter('tls.handshake_failed.timeout')).toBeGreaterThan(0);
  });

  it('is not begun for more clients at a time than allowed, and those who finish make room', async () => {
    const { tlsPort, counter } = await startTls({ settings: { tlsMaxHandshakes: 2 } });
    const idle = [connect(tlsPort, '127.0.0.1'), connect(tlsPort, '127.0.0.1')];
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    await expect(dial(tlsPort)).rejects.toThrow(/./);
    expect(counter('tls.handshake_shed')).toBe(1);
    for (const socket of idle) socket.destroy();
    await until(() => counter('tls.handshake_failed.client_gone') === 2);
    expect((await (await dial(tlsPort)).request(get())).status).toBe(200);
  });

  it('that is plain HTTP is answered in plain words, counted as such, and costs nothing else', async () => {
    const { tlsPort, counter } = await startTls();
    const client = await RawClient.connect(tlsPort);
    const answer = await client.request(get());
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('Use https://')]);
    await client.untilEnd();
    expect(counter('tls.handshake_failed.plain_http')).toBe(1);
    expect((await (await dial(tlsPort)).request(get())).status).toBe(200);
  });

  it('resumes a session by its ticket', async () => {
    const { tlsPort, counter } = await startTls();
    const first = await dial(tlsPort);
    const ticket = once(first.socket, 'session') as Promise<[Buffer]>;
    expect((await first.request(get())).status).toBe(200);
    const [session] = await ticket;
    const second = await dial(tlsPort, { session });
    expect((await second.request(get())).status).toBe(200);
    expect(counter('tls.handshake_resumed')).toBe(1);
  });
});

describe('the certificate', () => {
  it('is the one that names the host, else one by wildcard, else the default', async () => {
    const certificates = await Promise.all([
      authority.serve(['gateway.test']),
      authority.serve(['models.test', '*.models.test']),
      authority.serve(['iris.models.test']),
    ]);
    const { tlsPort } = await startTls({ certificates });
    expect(await namesSeenBy(tlsPort, 'IRIS.models.test')).toBe('DNS:iris.models.test');
    expect(await namesSeenBy(tlsPort, 'churn.models.test')).toBe('DNS:models.test, DNS:*.models.test');
    expect(await namesSeenBy(tlsPort, 'a.b.models.test')).toBe('DNS:gateway.test');
    expect(await namesSeenBy(tlsPort, 'unknown.example')).toBe('DNS:gateway.test');
    expect(await namesSeenBy(tlsPort, '')).toBe('DNS:gateway.test');
  });

  it('is the new one for new handshakes while a connection and its requests go on with the old', async () => {
    const { tlsPort, gateway } = await startTls();
    const lasting = await dial(tlsPort);
    expect((await lasting.request(get())).status).toBe(200);
    const next = await authority.serve(['gateway.test', 'renewed.test']);
    gateway.installCertificates(material(next));
    expect(await namesSeenBy(tlsPort, 'gateway.test')).toBe('DNS:gateway.test, DNS:renewed.test');
    expect(await namesSeenBy(tlsPort, '')).toBe('DNS:gateway.test, DNS:renewed.test');
    expect((await lasting.request(get())).status).toBe(200);
    expect(lasting.socket.getPeerCertificate().subjectaltname).toBe('DNS:gateway.test, IP Address:127.0.0.1');
  });

  it('ends the sessions that began with the former one', async () => {
    const { tlsPort, gateway, counter } = await startTls();
    const first = await dial(tlsPort);
    const ticket = once(first.socket, 'session') as Promise<[Buffer]>;
    await first.request(get());
    const [session] = await ticket;
    gateway.installCertificates(material(await authority.serve(['gateway.test'])));
    const second = await dial(tlsPort, { session });
    expect(second.socket.isSessionReused()).toBe(false);
    expect(counter('tls.handshake_resumed')).toBe(0);
  });
});

describe('a drain', () => {
  it('lets an answer over TLS end and cuts handshakes that never do', async () => {
    const answers: (() => void)[] = [];
    const { tlsPort, gateway } = await startTls({
      answer: (request, model) => void answers.push(() => void OK(request, model)),
      settings: { drainTimeoutMs: 1_500 },
    });
    const client = await dial(tlsPort);
    client.send(get());
    await until(() => answers.length === 1);
    const stuck = connect(tlsPort, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    await once(stuck, 'connect');
    const cut = once(stuck, 'close');
    const drained = gateway.drain();
    answers[0]?.();
    expect((await client.response()).field('connection')).toBe('close');
    await Promise.all([drained, cut]);
  });
});

describe('challenges of an ACME server', () => {
  const acmeCall = (port: number, servername: string) =>
    RawClient.connectTls(port, { servername, ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false });

  async function openTlsChallenge(name: string) {
    const started = await startTls();
    const { certificatePem, keyPem } = await createChallengeCertificate(name, 'token.thumbprint', Date.now());
    started.gateway.installChallenges([{ kind: 'tls-alpn-01', name, certificatePem, keyPem }]);
    return { ...started, certificatePem };
  }

  it('over TLS are answered by a certificate that only they see, while other clients go on', async () => {
    const { tlsPort, gateway, certificatePem } = await openTlsChallenge('gateway.test');
    const server = await acmeCall(tlsPort, 'GATEWAY.test');
    expect(server.socket.alpnProtocol).toBe('acme-tls/1');
    expect(server.socket.getPeerX509Certificate()?.toString().trim()).toBe(certificatePem.trim());
    expect((await (await dial(tlsPort)).request(post())).status).toBe(200);
    await expect(acmeCall(tlsPort, 'other.test')).rejects.toThrow(/./);
    gateway.installChallenges([]);
    await expect(acmeCall(tlsPort, 'gateway.test')).rejects.toThrow(/no application protocol/);
    expect((await (await dial(tlsPort)).request(post())).status).toBe(200);
  });

  it('over TLS take clients that dawdle no further than others', async () => {
    const started = await startTls({ settings: { tlsHandshakeTimeoutMs: 30 } });
    const { certificatePem, keyPem } = await createChallengeCertificate('gateway.test', 'a.b', Date.now());
    started.gateway.installChallenges([{ kind: 'tls-alpn-01', name: 'gateway.test', certificatePem, keyPem }]);
    const silent = connect(started.tlsPort, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    const half = connect(started.tlsPort, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    half.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
    await Promise.all([once(silent, 'close'), once(half, 'close')]);
    expect([silent.destroyed, half.destroyed]).toEqual([true, true]);
  });

  it('over HTTP are answered under any host, before any route, and no longer than they are open', async () => {
    const { port, gateway, model } = await startTls();
    gateway.installChallenges([{ kind: 'http-01', token: 'the-token', keyAuthorization: 'the-token.thumbprint' }]);
    const ask = async (path: string) => {
      const client = await RawClient.connect(port);
      const answer = await client.request(`GET ${path} HTTP/1.1\r\nHost: iris.models.test\r\n\r\n`);
      client.close();
      return [answer.status, answer.body];
    };
    expect(await ask('/.well-known/acme-challenge/the-token')).toEqual([200, 'the-token.thumbprint']);
    expect((await ask('/.well-known/acme-challenge/another'))[0]).toBe(404);
    gateway.installChallenges([]);
    expect((await ask('/.well-known/acme-challenge/the-token'))[0]).toBe(404);
    expect(model.requests).toHaveLength(0);
  });
});
