import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as an HTTP server of a test saw it. */
export interface SeenCall {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
}

export interface TestHttpServer {
  readonly port: number;
  /** Without probes. */
  readonly calls: SeenCall[];
  readonly probes: SeenCall[];
  /** Status of answers to probes from now on. */
  health: number;
  close(): Promise<void>;
}

/** A server as somebody may have running already: answers every call with its name, and probes as it is told. */
export async function startHttpServer(name: string, address = '127.0.0.1', port = 0): Promise<TestHttpServer> {
  const calls: SeenCall[] = [];
  const probes: SeenCall[] = [];
  const answer: RequestListener = (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const isProbe = headers['user-agent'] === 'viridian-probe';
    (isProbe ? probes : calls).push({ method, path, headers });
    request.resume();
    response.writeHead(isProbe ? running.health : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ name, path }));
  };
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const running: TestHttpServer = {
    port: (server.address() as AddressInfo).port,
    calls,
    probes,
    health: 200,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return running;
}
