import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openExternalHeader, sealExternalHeader } from '#server/secrets/external-header.ts';
import type { RouteExternal, RouteTable } from '#server/routing/route-table.ts';
import type { GatewayOptions } from './gateway.ts';
import { createTestAuthority } from '#server/tls/certificate-fixture.ts';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import {
  deployment,
  endpoint,
  get,
  post,
  startGateway,
  startTestModel,
  table,
  until,
} from './testing/start-gateway.ts';

const UPSTREAM_KEY = randomBytes(32);
const OPENS: Partial<GatewayOptions> = {
  openHeader: (owner, sealed) => openExternalHeader(UPSTREAM_KEY, owner, sealed),
};

const external = (change: Partial<RouteExternal> = {}): RouteExternal => ({
  authority: 'models.example:8000',
  basePath: '',
  headers: {},
  tlsName: null,
  ...change,
});

const sealed = (value: string, owner = 'iris/blue'): string => sealExternalHeader(UPSTREAM_KEY, owner, value);

/** A table in which the deployment `blue` is an external server on this host. */
function externalTable(port: number, change: Partial<RouteExternal> = {}): RouteTable {
  const blue = deployment('blue', [port]);
  return table(
    endpoint([{ ...blue, instances: blue.instances.map((one) => ({ ...one, external: external(change) })) }]),
  );
}

describe('an external server', () => {
  it('is dialled at its pinned address and told the name that it goes by', async () => {
    const model = await startTestModel();
    const { port } = await startGateway(externalTable(model.port), OPENS);
    expect((await requestOnce(port, post())).status).toBe(200);
    const request = await model.seen(1);
    expect(request.field('host')).toBe('models.example:8000');
    expect(request.field('x-forwarded-host')).toBe('gateway.test');
  });

  it.each([
    ['/iris/score', '/v2/base/score'],
    ['/iris/score?a=1', '/v2/base/score?a=1'],
    ['/iris', '/v2/base/'],
    ['/iris?a=1', '/v2/base/?a=1'],
  ])('gets %s as %s below its base path', async (path, expected) => {
    const model = await startTestModel();
    const { port } = await startGateway(externalTable(model.port, { basePath: '/v2/base' }), OPENS);
    await requestOnce(port, get(path));
    expect((await model.seen(1)).path).toBe(expected);
  });

  it('is sent its own fields and nothing that a client sends under their names', async () => {
    const model = await startTestModel();
    const headers = { Authorization: sealed('Bearer upstream'), 'X-Team-Key': sealed('s3cret') };
    const { port } = await startGateway(externalTable(model.port, { headers }), OPENS);
    await requestOnce(port, post('{}', 'x-team-key: forged\r\nX_Team_Key: forged\r\nx-team: kept\r\n'));
    const [received = ''] = model.received;
    expect(received.match(/^.*(?:authorization|team).*$/gim)).toEqual([
      'Authorization: Bearer upstream',
      'X-Team-Key: s3cret',
      'x-team: kept',
    ]);
  });

  it('gets mirrored copies in the same form', async () => {
    const [live, shadow] = [await startTestModel(), await startTestModel()];
    const mirror = deployment('green', [shadow.port], { weight: 0, mirrorPercent: 100 });
    const headers = { 'x-team-key': sealed('s3cret', 'iris/green') };
    const instances = mirror.instances.map((one) => ({ ...one, external: external({ basePath: '/v2', headers }) }));
    const routes = table(endpoint([deployment('blue', [live.port]), { ...mirror, instances }]));
    const { port } = await startGateway(routes, OPENS);
    await requestOnce(port, post('{"a":1}'));
    const copy = await shadow.seen(1);
    expect([
      copy.path,
      copy.body,
      copy.field('host'),
      copy.field('x-team-key'),
      copy.field('azureml-mirrored'),
    ]).toEqual(['/v2/score', '{"a":1}', 'models.example:8000', 's3cret', 'true']);
  });

  it('whose fields were sealed for another deployment gets no request', async () => {
    const faults: unknown[] = [];
    const model = await startTestModel();
    const headers = { 'x-team-key': sealed('s3cret', 'iris/green') };
    const options = { ...OPENS, onInternalError: (error: unknown) => faults.push(error) };
    const { port } = await startGateway(externalTable(model.port, { headers }), options);
    expect((await requestOnce(port, post())).status).toBe(503);
    expect([model.connections, faults.length]).toEqual([0, 1]);
  });

  it('that moves to another address gets its next request there', async () => {
    const [old, next] = [await startTestModel(), await startTestModel()];
    const { port, gateway } = await startGateway(externalTable(old.port), OPENS);
    await requestOnce(port, post());
    const moved = externalTable(next.port);
    for (const { instances } of moved.endpoints[0]?.deployments ?? []) for (const one of instances) one.generation = 2;
    gateway.install(moved);
    await requestOnce(port, post());
    await until(() => next.requests.length === 1);
    expect(old.requests.length).toBe(1);
  });
});

describe('an external server behind TLS', () => {
  /** A TLS server on this host whose certificate is for a name; trusted by this process unless told otherwise. */
  async function startSecureModel(
    names: string[],
    isTrusted = true,
  ): Promise<{ port: number; seen: string[]; resumed: boolean[] }> {
    const authority = await createTestAuthority();
    const { certificatePem, keyPem } = await authority.issue(names);
    const before = getCACertificates('default');
    if (isTrusted) setDefaultCACertificates([...before, authority.certificatePem]);
    const seen: string[] = [];
    const resumed: boolean[] = [];
    const server = createServer(
      { cert: certificatePem, key: keyPem, ALPNProtocols: ['http/1.1'] },
      (request, response) => {
        const { servername } = request.socket as TLSSocket & { servername: string | false };
        seen.push(`${servername} ${request.headers.host} ${request.url}`);
        const pieces: Buffer[] = [];
        request.on('data', (piece: Buffer) => pieces.push(piece));
        request.on('end', () => response.end(Buffer.concat(pieces)));
      },
    );
    server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      setDefaultCACertificates(before);
      server.closeAllConnections();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, seen, resumed };
  }

  const secure = (name: string): Partial<RouteExternal> => ({ authority: name, tlsName: name, basePath: '/v2' });

  it('is reached under its name at the pinned address', async () => {
    const model = await startSecureModel(['models.example']);
    const { port } = await startGateway(externalTable(model.port, secure('models.example')), OPENS);
    const body = 'x'.repeat(300_000);
    const client = await RawClient.connect(port);
    for (let i = 0; i < 2; i += 1) expect((await client.request(post(body))).body).toBe(body);
    expect(model.seen).toEqual(Array(2).fill('models.example models.example /v2/score'));
    client.close();
  });

  it('goes on from the session of an earlier connection', async () => {
    const model = await startSecureModel(['models.example']);
    const options = { ...OPENS, settings: { upstreamIdleUnrepeatableMs: 0 } };
    const { port } = await startGateway(externalTable(model.port, secure('models.example')), options);
    for (let i = 0; i < 3; i += 1) expect((await requestOnce(port, post())).status).toBe(200);
    expect(model.resumed).toEqual([false, true, true]);
  });

  it('that goes by its address has to show a certificate for the address', async () => {
    const model = await startSecureModel(['127.0.0.1']);
    const { port } = await startGateway(externalTable(model.port, secure('127.0.0.1')), OPENS);
    expect((await requestOnce(port, post())).status).toBe(200);
  });

  it.each([
    ['whose certificate is for another name', 'other.example', true],
    ['whose certificate nobody trusted vouches for', 'models.example', false],
  ])('%s gets no request', async (_what, name, isTrusted) => {
    const model = await startSecureModel([name], isTrusted);
    const { port } = await startGateway(externalTable(model.port, secure('models.example')), OPENS);
    expect((await requestOnce(port, post())).status).toBe(502);
    expect(model.seen).toEqual([]);
  });
});
