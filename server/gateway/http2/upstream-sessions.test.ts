import { once } from 'node:events';
import { constants, createSecureServer, type IncomingHttpHeaders } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createSilentServer, type Server } from 'node:net';
import { getCACertificates, type SecureContextOptions, setDefaultCACertificates } from 'node:tls';
import { status as STATUS } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { say, startBare } from '#server/gateway/testing/bare-http2-server.ts';
import { dialGrpc, predict } from '#server/gateway/testing/grpc-client.ts';
import { requestOnce } from '#server/gateway/testing/raw-client.ts';
import { startGrpcModel } from '#server/gateway/testing/grpc-model.ts';
import {
  deployment,
  endpoint,
  post,
  startGateway,
  startTestModel,
  table,
  until,
} from '#server/gateway/testing/start-gateway.ts';
import { createTestAuthority } from '#server/tls/certificate-fixture.ts';

async function startGrpc(options: Record<string, number> = {}) {
  const model = await startGrpcModel('blue', {}, options);
  const started = await startGateway(table(endpoint([deployment('blue', [model.port])])));
  return { ...started, client: dialGrpc(started.port) };
}

describe('connections to a gRPC server', () => {
  const connectionsOf = (gateway: Awaited<ReturnType<typeof startGateway>>['gateway']): number =>
    gateway.core.routes.find('iris')?.deployments[0]?.pool.all[0]?.openConnections ?? 0;

  it('carry many calls each', async () => {
    const { client, gateway } = await startGrpc();
    await predict(client, 'x');
    await Promise.all(Array.from({ length: 50 }, () => predict(client, 'x')));
    expect(connectionsOf(gateway)).toBe(1);
  });

  it('carry no more calls than the server takes; others wait or get another connection', async () => {
    const { client, gateway } = await startGrpc({ 'grpc.max_concurrent_streams': 2 });
    await predict(client, 'x');
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => predict(client, 'x')));
    expect(outcomes.filter(({ code }) => code !== STATUS.OK)).toEqual([]);
    expect(connectionsOf(gateway)).toBeLessThanOrEqual(8);
  });

  it('that end with GOAWAY lose no call', async () => {
    const port = await startBare((stream, count) => {
      stream.on('data', () => undefined);
      stream.on('end', () => {
        say(stream, `number ${count}`);
        if (count % 2 === 1) stream.session?.close();
      });
    });
    const started = await startGateway(table(endpoint([deployment('blue', [port])])));
    const client = dialGrpc(started.port);
    for (let i = 1; i <= 6; i += 1)
      expect(await predict(client, 'x')).toMatchObject({ code: STATUS.OK, answer: `number ${i}` });
  });

  it('that refuse a stream get the call again, which they have not looked at', async () => {
    const port = await startBare((stream, count) => {
      if (count === 1) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
      const pieces: Buffer[] = [];
      stream.on('data', (bytes: Buffer) => pieces.push(bytes));
      stream.on('end', () => say(stream, `got ${Buffer.concat(pieces).subarray(5).toString()}`));
    });
    const started = await startGateway(table(endpoint([deployment('blue', [port])])));
    expect((await predict(dialGrpc(started.port), 'hello')).answer).toBe('got hello');
  });

  it('are made to the port that an instance has for them, where it has one', async () => {
    const [model, plain] = [await startGrpcModel('blue'), await startTestModel()];
    const blue = deployment('blue', [plain.port]);
    const instances = blue.instances.map((one) => ({ ...one, grpcPort: model.port }));
    const { port } = await startGateway(table(endpoint([{ ...blue, instances }])));
    expect((await predict(dialGrpc(port), 'x')).answer).toBe('blue:x');
    expect((await requestOnce(port, post())).status).toBe(200);
  });

  it('are given up when a server says nothing that could be HTTP/2', async () => {
    const silent = createSilentServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const started = await startGateway(table(endpoint([deployment('blue', [port])])));
    const { code, details } = await predict(dialGrpc(started.port), 'x');
    expect([code, details]).toEqual([STATUS.UNAVAILABLE, expect.stringContaining('does not speak HTTP/2')]);
  });

  it('that lose their server put the instance out after five calls in a row', async () => {
    const port = await startBare((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    const { gateway, ...started } = await startGateway(table(endpoint([deployment('blue', [port])])));
    const client = dialGrpc(started.port);
    for (let i = 0; i < 5; i += 1) expect((await predict(client, 'x')).code).toBe(STATUS.UNAVAILABLE);
    expect(gateway.core.counters.get('ejections')).toBe(1);
  });

  it('are closed with their instance, and calls under way end first', async () => {
    const release: (() => void)[] = [];
    const port = await startBare((stream) => void release.push(() => say(stream, 'late')));
    const { gateway, ...started } = await startGateway(table(endpoint([deployment('blue', [port])])));
    const answer = predict(dialGrpc(started.port), 'x');
    await until(() => release.length === 1);
    gateway.install(table(endpoint([deployment('blue', [])])));
    release[0]?.();
    expect((await answer).answer).toBe('late');
  });

  describe('that run elsewhere', () => {
    /** A gateway in front of an external server behind TLS that this process trusts. */
    async function startSecure(create: (options: SecureContextOptions) => Server) {
      const authority = await createTestAuthority();
      const { certificatePem, keyPem } = await authority.issue(['models.example']);
      const before = getCACertificates('default');
      setDefaultCACertificates([...before, authority.certificatePem]);
      onTestFinished(() => setDefaultCACertificates(before));
      const seen: IncomingHttpHeaders[] = [];
      const modelPort = await startBare(
        (stream, _count, fields) => {
          seen.push(fields);
          say(stream, 'secure');
        },
        create({ cert: certificatePem, key: keyPem }),
      );
      const blue = deployment('blue', [modelPort]);
      const external = { authority: 'models.example', basePath: '', headers: {}, tlsName: 'models.example' };
      const instances = blue.instances.map((one) => ({ ...one, external }));
      return { ...(await startGateway(table(endpoint([{ ...blue, instances }])))), seen };
    }

    it('are made over TLS, under the name of the server', async () => {
      const { port, seen } = await startSecure(createSecureServer);
      expect((await predict(dialGrpc(port), 'x')).answer).toBe('secure');
      expect(seen[0]).toMatchObject({
        ':scheme': 'https',
        ':authority': 'models.example',
        ':path': '/test.Model/Predict',
        te: 'trailers',
      });
    });

    it('are not made to one that offers no HTTP/2 in its handshake', async () => {
      const { port, gateway } = await startSecure((options) =>
        createHttpsServer({ ...options, ALPNProtocols: ['http/1.1'] }),
      );
      const { code, details } = await predict(dialGrpc(port), 'x');
      expect([code, details]).toEqual([STATUS.UNAVAILABLE, expect.stringContaining('does not speak HTTP/2')]);
      expect(gateway.core.counters.get('upstream.connect_failed')).toBe(0);
    });
  });
});
