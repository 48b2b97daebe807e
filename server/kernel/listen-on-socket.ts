import { chmodSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';

/** Another process answers on the socket. */
export class SocketTakenError extends Error {
  override readonly name = 'SocketTakenError';
}

/**
 * Listens on a Unix socket that only the owner may open. The socket file that a killed process left behind is replaced.
 * @throws SocketTakenError when another process answers there
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (await isAnswered(path)) throw new SocketTakenError(`Another process of Viridian already listens on ${path}.`);
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
