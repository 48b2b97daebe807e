import { once } from 'node:events';
import { constants } from 'node:http2';
import { type ClientWritableStream, Metadata, status as STATUS } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { startBare } from '#server/gateway/testing/bare-http2-server.ts';
import {
  bareCall,
  converse,
  dialGrpc,
  explain,
  metadata,
  predict,
  statusOf,
} from '#server/gateway/testing/grpc-client.ts';
import { type GrpcHandlers, startGrpcModel } from '#server/gateway/testing/grpc-model.ts';
import { fieldOf } from '#server/gateway/testing/http2-client.ts';
import {
  deployment,
  endpoint,
  KEY,
  startGateway,
  startTestModel,
  table,
  until,
} from '#server/gateway/testing/start-gateway.ts';
import type { RouteDeployment, RouteEndpoint } from '#server/routing/route-table.ts';
import type { GatewayOptions } from '../gateway.ts';

interface GrpcOptions extends Partial<GatewayOptions> {
  endpoint?: Partial<RouteEndpoint>;
  deployment?: Partial<RouteDeployment>;
  server?: Record<string, number>;
}

/** A gateway with one endpoint in front of one gRPC server. */
async function startGrpc(handlers: GrpcHandlers = {}, options: GrpcOptions = {}) {
  const model = await startGrpcModel('blue', handlers, options.server);
  const routes = table(endpoint([deployment('blue', [model.port], options.deployment)], options.endpoint));
  const started = await startGateway(routes, options);
  return { ...started, model, client: dialGrpc(started.port) };
}

describe('a call of gRPC', () => {
  it('of the unary kind reaches the model and comes back with head, message and trailers', async () => {
    const { client, model, records } = await startGrpc();
    const { code, answer, head, trailers } = await predict(client, 'hello', metadata({ 'x-mine': 'kept' }));
    expect([code, answer]).toEqual([STATUS.OK, 'blue:hello']);
    expect(head.get('azureml-model-deployment')).toEqual(['blue']);
    expect(trailers.get('x-trailer')).toEqual(['blue']);
    const [seen] = model.calls;
    expect(seen?.get('x-mine')).toEqual(['kept']);
    for (const name of ['authorization', 'viridian-endpoint']) expect(seen?.get(name)).toEqual([]);
    expect(seen?.get('viridian-consumer-id')).toEqual(['primary']);
    expect((await records())[0]).toMatchObject({ endpoint: 'iris', deployment: 'blue', status: 200, reason: 'none' });
  });

  it('that streams answers gets each as the model sends it', async () => {
    const { client } = await startGrpc();
    const call = explain(client, 'a b c');
    const got: string[] = [];
    call.on('data', (message: Buffer) => got.push(message.toString()));
    expect((await statusOf(call)).code).toBe(STATUS.OK);
    expect(got).toEqual(['blue:a', 'blue:b', 'blue:c']);
  });

  it('that streams requests gets one answer to all of them', async () => {
    const { client } = await startGrpc();
    const answer = await new Promise<Buffer | undefined>((resolve) => {
      const call = client['Collect']?.(metadata(), (_: unknown, message?: Buffer) =>
        resolve(message),
      ) as ClientWritableStream<Buffer>;
      for (const part of ['a', 'b', 'c']) call.write(Buffer.from(part));
      call.end();
    });
    expect(answer?.toString()).toBe('blue:a+b+c');
  });

  it('that streams both ways is a conversation', async () => {
    const { client } = await startGrpc();
    const call = converse(client);
    for (const part of ['one', 'two', 'three']) {
      call.write(Buffer.from(part));
      const [message] = (await once(call, 'data')) as [Buffer];
      expect(message.toString()).toBe(`blue:${part}`);
    }
    call.end();
    expect((await statusOf(call)).code).toBe(STATUS.OK);
  });

  it('may carry messages larger than any window', async () => {
    const { client } = await startGrpc();
    const text = 'x'.repeat(3 * 1024 * 1024);
    expect((await predict(client, text)).answer === `blue:${text}`).toBe(true);
  });

  it('goes where the split says, 90 to 10 over any hundred', async () => {
    const [blue, green] = await Promise.all([startGrpcModel('blue'), startGrpcModel('green')]);
    const deployments = [
      deployment('blue', [blue.port], { weight: 90 }),
      deployment('green', [green.port], { weight: 10 }),
    ];
    const { port, records } = await startGateway(table(endpoint(deployments)));
    const client = dialGrpc(port);
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => predict(client, 'x')));
    expect(outcomes.filter(({ answer }) => answer === 'green:x')).toHaveLength(10);
    expect(outcomes.filter(({ answer }) => answer === 'blue:x')).toHaveLength(90);
    const pinned = await predict(client, 'x', metadata({ 'azureml-model-deployment': 'green' }));
    expect(pinned).toMatchObject({ code: STATUS.OK, answer: 'green:x' });
    expect((await records()).filter((record) => record.deployment === 'green')).toHaveLength(11);
  });

  it('is copied to a mirror', async () => {
    const [blue, green] = await Promise.all([startGrpcModel('blue'), startGrpcModel('green')]);
    const deployments = [
      deployment('blue', [blue.port]),
      deployment('green', [green.port], { weight: 0, mirrorPercent: 100 }),
    ];
    const { port, records } = await startGateway(table(endpoint(deployments)));
    expect((await predict(dialGrpc(port), 'x')).answer).toBe('blue:x');
    await until(() => green.calls.length === 1);
    expect(green.calls[0]?.get('azureml-mirrored')).toEqual(['true']);
    let seen = await records();
    while (seen.length < 2) seen = await records();
    expect(seen.map((record) => [record.deployment, record.status, record.reason]).toSorted()).toEqual([
      ['blue', 200, 'none'],
      ['green', 200, 'none'],
    ]);
  });
});

describe('the endpoint of a call', () => {
  it('is the authority where a domain is configured', async () => {
    const { port } = await startGrpc({}, { domain: 'models.test' });
    const client = dialGrpc(port, { 'grpc.default_authority': 'iris.models.test' });
    const fields = new Metadata();
    fields.set('authorization', `Bearer ${KEY}`);
    expect((await predict(client, 'x', fields)).answer).toBe('blue:x');
    const other = dialGrpc(port, { 'grpc.default_authority': 'nobody.models.test' });
    expect((await predict(other, 'x')).code).toBe(STATUS.NOT_FOUND);
  });

  it('has to be named, whatever the service is called', async () => {
    const { port } = await startGateway(table(endpoint([deployment('blue', [1])], { name: 'test' })));
    const { code, details } = await predict(dialGrpc(port), 'x', new Metadata());
    expect([code, details]).toEqual([STATUS.NOT_FOUND, expect.stringContaining('viridian-endpoint')]);
  });
});

describe('a call that the gateway answers itself', () => {
  it.each([
    ['no key', { authorization: '' }, STATUS.UNAUTHENTICATED, 'gateway.unauthorized', 401],
    ['an unknown endpoint', { 'viridian-endpoint': 'nobody' }, STATUS.NOT_FOUND, 'gateway.no_route', 404],
    [
      'an unknown deployment',
      { 'azureml-model-deployment': 'red' },
      STATUS.NOT_FOUND,
      'gateway.unknown_deployment',
      404,
    ],
    ['a bad id', { 'x-ms-client-request-id': 'a b' }, STATUS.INVALID_ARGUMENT, 'gateway.bad_request', 400],
  ])('for %s ends with a status, words and a code', async (_name, fields, code, error, recorded) => {
    const { client, model, records } = await startGrpc();
    const outcome = await predict(client, 'x', metadata(fields));
    expect([outcome.code, outcome.trailers.get('viridian-error-code')]).toEqual([code, [error]]);
    expect(outcome.details).not.toBe('');
    expect(outcome.trailers.get('x-request-id')).toHaveLength(1);
    expect(model.calls).toHaveLength(0);
    expect((await records())[0]?.status).toBe(recorded);
  });

  it.each(['api-key', 'x-api-key'])('shows its key in %s as well, which the model does not see', async (name) => {
    const { client, model } = await startGrpc();
    const fields = metadata({ [name]: KEY });
    fields.remove('authorization');
    expect((await predict(client, 'x', fields)).code).toBe(STATUS.OK);
    expect(model.calls[0]?.get(name)).toEqual([]);
  });

  it('over a limit says when to come again', async () => {
    const limits = { requestsPerSecond: 1, burst: 1, concurrency: null, maxBodyBytes: null };
    const { client } = await startGrpc({}, { endpoint: { limits } });
    await predict(client, 'x');
    const outcome = await predict(client, 'x');
    expect([outcome.code, outcome.trailers.get('viridian-error-code')]).toEqual([
      STATUS.RESOURCE_EXHAUSTED,
      ['gateway.rate_limited'],
    ]);
    expect(Number(outcome.trailers.get('grpc-retry-pushback-ms')[0])).toBeGreaterThanOrEqual(1000);
  });

  it('is unavailable without an instance, or with one that refuses', async () => {
    const { port } = await startGateway(table(endpoint([deployment('blue', [])])));
    const nobody = await predict(dialGrpc(port), 'x');
    expect([nobody.code, nobody.trailers.get('viridian-error-code')]).toEqual([
      STATUS.UNAVAILABLE,
      ['gateway.no_ready_instance'],
    ]);
    const refusing = await startGateway(table(endpoint([deployment('blue', [1])])));
    const refused = await predict(dialGrpc(refusing.port), 'x');
    expect([refused.code, refused.trailers.get('viridian-error-code')]).toEqual([
      STATUS.UNAVAILABLE,
      ['gateway.upstream_unreachable'],
    ]);
  });

  it('is unavailable, in clear words, from a server that speaks only HTTP/1.1, which goes on serving others', async () => {
    const model = await startTestModel((_request, socket) =>
      socket.end('HTTP/1.1 505 No\r\nContent-Length: 0\r\n\r\n'),
    );
    const { port, gateway, records } = await startGateway(table(endpoint([deployment('blue', [model.port])])));
    const client = dialGrpc(port);
    for (let i = 0; i < 6; i += 1) {
      const { code, details } = await predict(client, 'x');
      expect([code, details]).toEqual([STATUS.UNAVAILABLE, expect.stringContaining('does not speak HTTP/2')]);
    }
    expect(gateway.core.counters.get('ejections')).toBe(0);
    expect((await records())[0]).toMatchObject({ status: 502, reason: 'bad_response' });
  });
});

describe('the end of a call', () => {
  it('with an error of the model is passed on, and counts as what it means', async () => {
    const { client, records } = await startGrpc({
      Predict: (_call, callback) => {
        const trailers = new Metadata();
        trailers.set('grpc-status-details-bin', Buffer.from([1, 2, 3]));
        callback({ code: STATUS.INVALID_ARGUMENT, details: 'shape "[3]" – expected [4]', metadata: trailers });
      },
    });
    const { code, details, trailers } = await predict(client, 'x');
    expect([code, details]).toEqual([STATUS.INVALID_ARGUMENT, 'shape "[3]" – expected [4]']);
    expect(trailers.get('grpc-status-details-bin')).toEqual([Buffer.from([1, 2, 3])]);
    expect((await records())[0]).toMatchObject({ status: 400, reason: 'none', deployment: 'blue' });
  });

  it('comes at its deadline, and reaches the model', async () => {
    let reset = 0;
    const modelPort = await startBare((stream) => {
      stream.on('close', () => {
        reset = stream.rstCode;
      });
    });
    const { port, records } = await startGateway(table(endpoint([deployment('blue', [modelPort])])));
    const { status, fields } = await bareCall(port, 'Predict', '1S');
    expect([status, fieldOf(fields, 'grpc-status')]).toEqual([200, String(STATUS.DEADLINE_EXCEEDED)]);
    await until(() => reset === constants.NGHTTP2_CANCEL);
    expect((await records())[0]).toMatchObject({ status: 504, reason: 'model_timeout' });
  });

  it('comes at the deadline of a stream that has begun to answer, too', async () => {
    const modelPort = await startBare((stream) => {
      stream.respond({ 'content-type': 'application/grpc' });
      stream.write('first');
    });
    const { port, records } = await startGateway(table(endpoint([deployment('blue', [modelPort])])));
    const { trailers, body, code } = await bareCall(port, 'Explain', '2S');
    expect([body, code]).toEqual(['first', constants.NGHTTP2_NO_ERROR]);
    expect(fieldOf(trailers, 'grpc-status')).toBe(String(STATUS.DEADLINE_EXCEEDED));
    expect((await records())[0]?.reason).toBe('model_timeout');
  });

  it('by the time of the deployment is a deadline that was exceeded', async () => {
    const { client, model } = await startGrpc(
      { Predict: () => undefined },
      { deployment: { requestTimeoutMs: 1_000 } },
    );
    const { code, trailers } = await predict(client, 'x');
    expect([code, trailers.get('viridian-error-code')]).toEqual([STATUS.DEADLINE_EXCEEDED, ['model.timeout']]);
    await until(() => model.canceled === 1);
  });

  it('by the client reaches the model and frees its slot', async () => {
    const { client, model, gateway, records } = await startGrpc({
      Explain: (call) => void call.write(Buffer.from('a')),
    });
    const call = explain(client, 'x');
    call.on('error', () => undefined);
    await once(call, 'data');
    call.cancel();
    await until(() => model.canceled === 1);
    await until(() => gateway.core.routes.find('iris')?.state.inFlight === 0);
    expect((await records())[0]).toMatchObject({ status: 499, reason: 'client_gone' });
  });

  it('by a model that is gone in the middle is a status, not silence', async () => {
    const { client, model } = await startGrpc({ Explain: (call) => void call.write(Buffer.from('a')) });
    const call = explain(client, 'x');
    const ended = statusOf(call);
    await once(call, 'data');
    model.server.forceShutdown();
    expect((await ended).code).toBe(STATUS.UNAVAILABLE);
  });
});
