import { createServer, type Server, type Socket } from 'node:net';
import { ClientConnection } from './client-connection.ts';
import type { GatewayCore } from './gateway-core.ts';
import { readThroughSharedBuffer } from './shared-read-buffer.ts';

/** Connections that may wait to be accepted: a herd that comes back at once must not be refused. */
export const LISTEN_BACKLOG = 4096;

export interface Listener {
  readonly server: Server;
  readonly connections: ReadonlySet<ClientConnection>;
  /** Serves a client that came in another way than through the server. */
  adopt(socket: Socket): void;
}

/** Accepts clients. Half-open: a client may end its side and wait for its answer. */
export function createListener(core: GatewayCore): Listener {
  const connections = new Set<ClientConnection>();
  const serve = (socket: Socket): ClientConnection => {
    const connection = new ClientConnection(socket, core);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
    return connection;
  };
  const adopt = (socket: Socket): void => {
    const connection = serve(socket);
    socket.on('data', (bytes: Buffer) => connection.take(bytes));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (accepted) => {
    const socket = readThroughSharedBuffer(accepted, (bytes) => connection.take(bytes));
    const connection = serve(socket);
  });
  return { server, connections, adopt };
}
