import { onTestFinished } from 'vitest';
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

const asIs = (message: Buffer): Buffer => message;

function method(path: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  const serialize = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  return { path, requestStream, responseStream, ...serialize };
}

/** A service of all four kinds of calls whose messages are bare octets. */
export const SERVICE = {
  Predict: method('/test.Model/Predict', false, false),
  Explain: method('/test.Model/Explain', false, true),
  Collect: method('/test.Model/Collect', true, false),
  Converse: method('/test.Model/Converse', true, true),
};

/** A gRPC server as model servers are: a real one, of another implementation than the gateway's. */
export interface GrpcModel {
  readonly port: number;
  /** Metadata of each call. */
  readonly calls: Metadata[];
  /** Calls that were canceled. */
  canceled: number;
  readonly server: Server;
}

export interface GrpcHandlers {
  Predict?: handleUnaryCall<Buffer, Buffer>;
  Explain?: handleServerStreamingCall<Buffer, Buffer>;
  Collect?: handleClientStreamingCall<Buffer, Buffer>;
  Converse?: handleBidiStreamingCall<Buffer, Buffer>;
}

/** Starts a model that answers with its name and what it was sent, unless it is told otherwise. */
export async function startGrpcModel(
  name: string,
  handlers: GrpcHandlers = {},
  options: Record<string, number> = {},
): Promise<GrpcModel> {
  const server = new Server(options);
  const calls: Metadata[] = [];
  const model: { -readonly [K in keyof GrpcModel]: GrpcModel[K] } = { port: 0, calls, canceled: 0, server };
  const behaviour = { ...echo(name), ...handlers };
  const watched: UntypedServiceImplementation = {};
  for (const [key, handle] of Object.entries(behaviour)) watched[key] = watch(handle as AnyHandler, model);
  server.addService(SERVICE, watched);
  model.port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return model;
}

interface AnyCall {
  readonly metadata: Metadata;
  on(event: 'cancelled', listener: () => void): unknown;
}
type AnyHandler = (call: AnyCall, callback: unknown) => void;

/** A handler that notes who called and who left. */
function watch(handle: AnyHandler, model: { calls: Metadata[]; canceled: number }): UntypedHandleCall {
  return ((call: AnyCall, callback: unknown) => {
    model.calls.push(call.metadata);
    call.on('cancelled', () => {
      model.canceled += 1;
    });
    handle(call, callback);
  }) as unknown as UntypedHandleCall;
}

function echo(name: string): Required<GrpcHandlers> {
  const say = (text: Buffer | string): Buffer => Buffer.from(`${name}:${text.toString()}`);
  return {
    Predict: (call, callback) => {
      const trailer = new Metadata();
      trailer.set('x-trailer', name);
      callback(null, say(call.request), trailer);
    },
    Explain: (call) => {
      for (const part of call.request.toString().split(' ')) call.write(say(part));
      call.end();
    },
    Collect: (call, callback) => {
      const parts: string[] = [];
      call.on('data', (part: Buffer) => parts.push(part.toString()));
      call.on('end', () => callback(null, say(parts.join('+'))));
    },
    Converse: (call) => {
      call.on('data', (part: Buffer) => call.write(say(part)));
      call.on('end', () => call.end());
    },
  };
}
