import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';
import { onTestFinished } from 'vitest';
import { KEY } from './start-gateway.ts';

export interface Http2Answer {
  readonly status: number;
  /** Statuses of interim answers. */
  readonly interim: readonly number[];
  readonly fields: readonly string[];
  readonly trailers: readonly string[];
  readonly body: string;
  /** How the stream ended. */
  readonly code: number;
  field(name: string): string | undefined;
  json(): Record<string, unknown>;
}

/** A client with prior knowledge on the plain port, closed when the test ends. */
export function dialHttp2(port: number): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  client.on('error', () => undefined);
  onTestFinished(() => client.destroy());
  return client;
}

export interface Http2Request {
  method?: string;
  path?: string;
  fields?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

/** A prediction with the endpoint's key, whose body is still to be written. */
export function startPrediction(
  client: ClientHttp2Session,
  { method = 'POST', path = '/iris/score', fields = {} }: Http2Request = {},
): ClientHttp2Stream {
  const stream = client.request(
    { ':method': method, ':path': path, authorization: `Bearer ${KEY}`, ...fields },
    { endStream: false },
  );
  stream.on('error', () => undefined);
  return stream;
}

export function predict(client: ClientHttp2Session, request: Http2Request = {}): Promise<Http2Answer> {
  const stream = startPrediction(client, request);
  stream.end(request.body ?? '');
  return answerOf(stream);
}

/** What a stream was answered, once it is over, however it ended. */
export function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let fields: string[] = [];
  let trailers: string[] = [];
  const interim: number[] = [];
  const pieces: Buffer[] = [];
  stream.on('headers', (headers) => interim.push(Number(headers[':status'])));
  stream.on('response', (_headers, _flags, raw) => {
    fields = raw;
  });
  stream.on('trailers', (_headers, _flags, raw) => {
    trailers = raw;
  });
  stream.on('data', (bytes: Buffer) => pieces.push(bytes));
  return new Promise((resolve) => {
    stream.on('close', () => {
      const body = Buffer.concat(pieces).toString('utf8');
      const field = (name: string): string | undefined => fieldOf(fields, name);
      const json = (): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;
      const status = Number(field(':status') ?? 0);
      resolve({ status, interim, fields, trailers, body, code: stream.rstCode, field, json });
    });
  });
}

export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}
