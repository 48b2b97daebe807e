import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { HttpConnection, type HttpHandler } from './http-connection.ts';

export interface HttpServerOptions {
  handler: HttpHandler;
  maxBodyBytes: number;
  /** How long a connection may stay silent between requests. */
  keepAliveMs: number;
  /** How long a half-sent request may pause before it is given up. */
  receiveTimeoutMs: number;
}

const MAX_CONNECTIONS = 10_000;
/** Time-outs are checked this often, once for all connections: a timer per socket costs more than parsing its requests. */
const SWEEP_MS = 1000;

/**
 * A small HTTP/1.1 server on bare sockets. `node:http` spends several times what a small prediction takes on streams and header objects
 * that a model server has no use for; the figures are in `scripts/bench/inference.ts`.
 */
export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpServerOptions;
  readonly #connections = new Set<HttpConnection>();
  #sweeper: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Listens on a host and port (0 picks a free one) and returns the port in use. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepts nothing new, answers what is under way with `Connection: close`, and resolves when the last connection is gone. */
  async drain(): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.closeWhenIdle();
    await closed;
    clearInterval(this.#sweeper);
  }

  #accept(socket: Socket): void {
    const connection = new HttpConnection(socket, this.#options.handler, this.#options.maxBodyBytes);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
    if (this.#draining) connection.closeWhenIdle();
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) {
      connection.expire(now, this.#options.keepAliveMs, this.#options.receiveTimeoutMs);
    }
  }
}
