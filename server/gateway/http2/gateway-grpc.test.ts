import type { ClientUnaryCall, Metadata, ServiceError, StatusObject } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { deployment, endpoint, startGateway, table } from '#server/gateway/testing/start-gateway.ts';
import { dialGrpc, metadata, startGrpcModel, type GrpcHandlers } from '#server/gateway/testing/grpc-model.ts';

type Client = ReturnType<typeof dialGrpc>;

interface Outcome {
  readonly error: ServiceError | null;
  readonly answer: string;
  readonly head: Metadata | null;
  readonly status: StatusObject | null;
}

/** One call of the unary method. */
function predict(client: Client, text: string, fields = metadata(), deadline?: number): Promise<Outcome> {
  return new Promise((resolve) => {
    let head: Metadata | null = null;
    let done: { error: ServiceError | null; answer: string } | null = null;
    let status: StatusObject | null = null;
    const settle = (): void => {
      if (done !== null && status !== null) resolve({ ...done, head, status });
    };
    const options = deadline === undefined ? {} : { deadline: Date.now() + deadline };
    const call = client['Predict']?.(
      Buffer.from(text),
      fields,
      options,
      (error: ServiceError | null, answer?: Buffer) => {
        done = { error, answer: answer?.toString() ?? '' };
        settle();
      },
    ) as ClientUnaryCall;
    call.on('metadata', (received) => {
      head = received;
    });
    call.on('status', (received) => {
      status = received;
      settle();
    });
  });
}

async function startGrpc(handlers: GrpcHandlers = {}) {
  const model = await startGrpcModel('blue', handlers);
  const started = await startGateway(table(endpoint([deployment('blue', [model.port])])));
  return { ...started, model, client: dialGrpc(started.port) };
}

describe('a call of gRPC', () => {
  it('of the unary kind reaches the model and comes back with head, message and trailers', async () => {
    const { client, model, records } = await startGrpc();
    const { error, answer, head, status } = await predict(client, 'hello', metadata({ 'x-mine': 'kept' }));
    expect([error, answer]).toEqual([null, 'blue:hello']);
    expect(head?.get('azureml-model-deployment')).toEqual(['blue']);
    expect(status?.metadata.get('x-trailer')).toEqual(['blue']);
    const [seen] = model.calls;
    expect(seen?.get('x-mine')).toEqual(['kept']);
    for (const name of ['authorization', 'viridian-endpoint']) expect(seen?.get(name)).toEqual([]);
    expect(seen?.get('viridian-consumer-id')).toEqual(['primary']);
    expect((await records())[0]).toMatchObject({ endpoint: 'iris', deployment: 'blue', status: 200, reason: 'none' });
  });
});
