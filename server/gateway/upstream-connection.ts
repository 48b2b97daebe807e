import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Place } from './roster.ts';

/** The request that a connection to an instance works for. Exactly one of `onConnectFailed` and `onUpstreamReady` comes first. */
export interface UpstreamUser {
  onUpstreamReady(): void;
  onConnectFailed(error: Error): void;
  /** `bytes[0, end)` has come. The buffer is used again for the next read: what is needed later must be copied. */
  onUpstreamData(bytes: Buffer, end: number): void;
  /** The instance will send nothing more; it may still read. */
  onUpstreamEnd(): void;
  /** The connection is gone. */
  onUpstreamClosed(error: Error | null): void;
  onUpstreamDrain(): void;
}

/** Where the octets of a request are written: what a socket has for that. */
export interface UpstreamSocket {
  write(octets: Buffer | string, encoding?: 'latin1'): boolean;
  cork(): void;
  uncork(): void;
  pause(): unknown;
  resume(): unknown;
  readonly writableNeedDrain: boolean;
}

/** A way to an instance, for one request at a time: a connection, or a stream of one that is shared. */
export interface Upstream {
  readonly socket: UpstreamSocket;
  user: UpstreamUser | null;
  /** The request may be written. */
  readonly connected: boolean;
  /** Requests that came before on the same connection. */
  readonly served: number;
  announcedIdleMs: number;
  /** Nothing that was written waits here: its buffers may be used again. */
  readonly hasTakenAll: boolean;
  /** Breaks it off; its user hears nothing more. */
  destroy(): void;
}

/**
 * What models send is read into this one buffer and used before the next read: most answers are small and copied behind their head anyway, and a buffer
 * for each read would cost more than all that is done with it.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** Who a connection goes back to. */
export interface UpstreamOwner {
  /** State of the last TLS session, which the next handshake can go on from (RFC 8446 section 2.2); undefined before the first. */
  tlsSession: Buffer | undefined;
  onConnectionGone(connection: UpstreamConnection): void;
  onInternalError(error: unknown): void;
}

/**
 * One connection to an instance: used by one request at a time, never pipelined, and destroyed on any byte or end that comes while nobody uses it,
 * so that an answer can never reach the wrong client.
 */
export class UpstreamConnection implements Upstream {
  readonly socket: Socket;
  private readonly owner: UpstreamOwner;
  user: UpstreamUser | null;
  connected = false;
  ended = false;
  /** Monotonic time of the last return to the pool. */
  idleSince = 0;
  /** Longest idle time that the server announced by `Keep-Alive: timeout`, less a second; Infinity when it said nothing. */
  announcedIdleMs = Infinity;
  /** Its owner's. */
  place: Place<UpstreamConnection> | null = null;
  /** Requests that it has carried to their end. */
  served = 0;
  private error: Error | null = null;

  /** @param tlsName the name that the server's certificate must be for; null for plain HTTP */
  constructor(host: string, port: number, tlsName: string | null, owner: UpstreamOwner, user: UpstreamUser) {
    this.owner = owner;
    this.user = user;
    const options: TcpNetConnectOpts = {
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      onread: { buffer: READ_BUFFER, callback: (length) => this.onData(length) },
    };
    this.socket = tlsName === null ? connect(options) : resume(options, tlsName, owner);
    this.socket.on(tlsName === null ? 'connect' : 'secureConnect', () => this.onConnect());
    this.socket.on('drain', () => this.user?.onUpstreamDrain());
    this.socket.on('end', () => this.onEnd());
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.socket.on('close', () => this.onClose());
  }

  get hasTakenAll(): boolean {
    return this.socket.writableLength === 0;
  }

  /** Cuts the connection; its user hears nothing more. */
  destroy(): void {
    this.user = null;
    this.socket.destroy();
  }

  private onConnect(): void {
    this.connected = true;
    this.user?.onUpstreamReady();
  }

  /** @returns whether to go on reading: what `pause` says while it is called would be undone otherwise */
  private onData(length: number): boolean {
    if (this.user === null) this.socket.destroy();
    else this.handOn(this.user, length);
    return !this.socket.isPaused();
  }

  private handOn(user: UpstreamUser, length: number): void {
    try {
      user.onUpstreamData(READ_BUFFER, length);
    } catch (error) {
      this.owner.onInternalError(error);
      this.socket.destroy();
    }
  }

  private onEnd(): void {
    this.ended = true;
    if (this.user === null) this.socket.destroy();
    else this.user.onUpstreamEnd();
  }

  private onClose(): void {
    const { user } = this;
    this.user = null;
    this.owner.onConnectionGone(this);
    if (user === null) return;
    if (this.connected) user.onUpstreamClosed(this.error);
    else user.onConnectFailed(this.error ?? new Error('the connection was closed before it was established'));
  }
}

/** A server that knows the session saves both sides the signatures, and a round trip with TLS 1.2. */
function resume(options: TcpNetConnectOpts, name: string, owner: UpstreamOwner): TLSSocket {
  const session = owner.tlsSession;
  const socket = secure({ ...options, ...(session !== undefined && { session }) }, name);
  return socket.on('session', (state) => {
    owner.tlsSession = state;
  });
}

/** TLS 1.2 or later to a server whose certificate has to be valid for the name, or for the address where that is what it goes by. */
export function secure(
  options: TcpNetConnectOpts & { session?: Buffer },
  name: string,
  protocol = 'http/1.1',
): TLSSocket {
  const servername = isIP(name) === 0 ? name : '';
  return connectTls({ ...options, servername, minVersion: 'TLSv1.2', ALPNProtocols: [protocol] });
}
