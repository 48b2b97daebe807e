import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** What is said instead of the engine's answer: `method path` of the calls it is for, and the answer. */
export interface EngineFault {
  call: RegExp;
  status: number;
  body: string;
}

/** Stands in front of an engine and answers some calls itself, as an engine in trouble does. */
export interface FaultyEngine {
  readonly socketPath: string;
  fault: EngineFault | null;
  close(): Promise<void>;
}

/** @param socketPath where it listens */
export async function startFaultyEngine(engineSocket: string, socketPath: string): Promise<FaultyEngine> {
  const server = createServer((asked, answer) => {
    const { fault } = engine;
    if (fault?.call.test(`${asked.method} ${asked.url}`)) {
      asked.resume();
      answer.writeHead(fault.status, { 'content-type': 'application/json' }).end(fault.body);
    } else pass(engineSocket, asked, answer);
  });
  const engine: FaultyEngine = {
    socketPath,
    fault: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return engine;
}

function pass(socketPath: string, asked: IncomingMessage, answer: ServerResponse): void {
  const onward = request({ socketPath, method: asked.method, path: asked.url, headers: asked.headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    answer.flushHeaders();
    response.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
}
