import {
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { SERVICE } from './grpc-model.ts';
import { answerOf, dialHttp2, type Http2Answer, startPrediction } from './http2-client.ts';
import { KEY } from './start-gateway.ts';

/** A client of that service through the gateway, closed when the test ends. */
export function dialGrpc(port: number, options: ClientOptions = {}): InstanceType<ServiceClientConstructor> {
  const Client = makeGenericClientConstructor(SERVICE, 'Model');
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  onTestFinished(() => client.close());
  return client;
}

/** Metadata that names the endpoint and shows its key. */
export function metadata(more: Record<string, string> = {}): Metadata {
  const made = new Metadata();
  const fields = { 'viridian-endpoint': 'iris', authorization: `Bearer ${KEY}`, ...more };
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
}

type Client = ReturnType<typeof dialGrpc>;

export interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly answer: string;
  readonly head: Metadata;
  readonly trailers: Metadata;
}

/** One call of the unary method. */
export function predict(client: Client, text: string, fields = metadata()): Promise<Outcome> {
  return new Promise((resolve) => {
    let head = new Metadata();
    let answer: string | null = null;
    let status: StatusObject | null = null;
    const settle = (): void => {
      if (answer === null || status === null) return;
      resolve({ code: status.code, details: status.details, answer, head, trailers: status.metadata });
    };
    const call = client['Predict']?.(Buffer.from(text), fields, (_: ServiceError | null, message?: Buffer) => {
      answer = message?.toString() ?? '';
      settle();
    }) as ClientUnaryCall;
    call.on('metadata', (received) => {
      head = received;
    });
    call.on('status', (received) => {
      status = received;
      settle();
    });
  });
}

export function explain(client: Client, text: string, fields = metadata()): ClientReadableStream<Buffer> {
  return client['Explain']?.(Buffer.from(text), fields) as ClientReadableStream<Buffer>;
}

export function converse(client: Client, fields = metadata()): ClientDuplexStream<Buffer, Buffer> {
  return client['Converse']?.(fields) as ClientDuplexStream<Buffer, Buffer>;
}

export function statusOf(call: ClientReadableStream<Buffer>): Promise<StatusObject> {
  call.on('error', () => undefined);
  return new Promise((resolve) => {
    call.on('status', resolve);
  });
}

/** A unary call by a client that leaves deadlines to others. */
export function bareCall(port: number, method: string, timeout: string): Promise<Http2Answer> {
  const fields = { 'content-type': 'application/grpc', 'viridian-endpoint': 'iris', 'grpc-timeout': timeout };
  const stream = startPrediction(dialHttp2(port), { path: `/test.Model/${method}`, fields });
  stream.end(Buffer.from([0, 0, 0, 0, 1, 120]));
  return answerOf(stream);
}
