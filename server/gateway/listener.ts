import { createServer, type Server, type Socket } from 'node:net';
import { ClientConnection } from './client-connection.ts';
import type { GatewayCore } from './gateway-core.ts';
import { Roster } from './roster.ts';
import { acceptThroughSharedBuffer } from './shared-read-buffer.ts';

/** Connections that may wait to be accepted: a herd that comes back at once must not be refused. */
export const LISTEN_BACKLOG = 4096;

export interface Listener {
  readonly server: Server;
  readonly connections: Roster<ClientConnection>;
  /** Serves a client that came in another way than through the server. */
  adopt(socket: Socket): void;
}

/** Accepts clients. Half-open: a client may end its side and wait for its answer. */
export function createListener(core: GatewayCore): Listener {
  const connections = new Roster<ClientConnection>();
  const serve = (socket: Socket): ClientConnection => {
    const connection = new ClientConnection(socket, core);
    const place = connections.add(connection);
    socket.once('close', () => connections.remove(place));
    return connection;
  };
  const adopt = (socket: Socket): void => {
    const connection = serve(socket);
    socket.on('data', (bytes: Buffer) => connection.take(bytes));
  };
  const takeReadsOf = (socket: Socket): ((bytes: Buffer) => boolean) => {
    const connection = serve(socket);
    return (bytes) => connection.take(bytes);
  };
  const server = createServer().on('listening', () => {
    acceptThroughSharedBuffer(server, takeReadsOf, () => core.counters.increment('accept_failures'));
  });
  return { server, connections, adopt };
}
