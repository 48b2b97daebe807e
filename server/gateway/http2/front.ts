import type { Socket } from 'node:net';
import type { ClientTunnel } from '../exchange-client.ts';
import type { GatewayCore } from '../gateway-core.ts';
import { ClientSession } from './client-session.ts';

/** All connections of a worker that speak HTTP/2. */
export class Http2Front {
  private readonly sessions = new Set<ClientSession>();

  get size(): number {
    return this.sessions.size;
  }

  /** Serves a client that has chosen HTTP/2 in its TLS handshake. */
  serve(socket: Socket, core: GatewayCore): ClientSession {
    const session = new ClientSession(socket, core, (gone) => this.sessions.delete(gone));
    this.sessions.add(session);
    if (core.draining) session.drain();
    return session;
  }

  /** What serves a plain connection from the preface on, which is the first data that it is given. */
  takeOver(socket: Socket, core: GatewayCore): ClientTunnel {
    let session: ClientSession | null = null;
    return {
      onClientData: (preface) => {
        session = this.serve(socket, core);
        // The session looks for octets that were read before it in the next turn, and has to be the first to do so.
        socket.unshift(preface);
      },
      onClientEnd: () => session?.onPeerEnd(),
      // The session has its own sources of these.
      onClientDrain: () => undefined,
      onClientClosed: () => undefined,
      sweep: () => undefined,
    };
  }

  drain(): void {
    for (const session of this.sessions) session.drain();
  }

  cutNow(): void {
    for (const session of this.sessions) session.cutNow();
  }
}
