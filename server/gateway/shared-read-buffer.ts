import { Socket, type Server, type SocketConstructorOpts } from 'node:net';
import { PIECES } from './piece-pool.ts';

/** What clients send is read into this one buffer and copied out at its true size: a buffer of 64 KiB for each read costs more than the copy. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** From here on a read is the middle of a body, and a buffer of the pool is worth its size. */
const POOLED_BYTES = 16 * 1024;

type Handle = NonNullable<SocketConstructorOpts['handle']>;
/** Gets every read of a client in a buffer of its own, and says whether nobody will look at that again. */
type Take = (bytes: Buffer) => boolean;

/** What `node:net` keeps in servers and does not document; looked at in Node 24, which this project pins. */
interface ServerInternals {
  _handle: { onconnection: (error: number, handle: Handle) => void };
  /** `close` waits until it is 0. */
  _connections: number;
}

/**
 * Lets the clients of a server that listens be sockets that read through the shared buffer and past the stream's own queue. `node:net` offers this
 * (`onread`) for the sockets that a program makes and not for those that a server makes; making both would cost each connection a second socket.
 * @param onFailure a client was gone before it was accepted, or there was no descriptor for it: others are accepted as before
 */
export function acceptThroughSharedBuffer(
  server: Server,
  serve: (socket: Socket) => Take,
  onFailure: () => void,
): void {
  const internals = server as unknown as ServerInternals;
  internals._handle.onconnection = (error, handle) => {
    if (error !== 0) return onFailure();
    const socket = new Socket({ handle, allowHalfOpen: true, onread: { buffer: READ_BUFFER, callback } });
    function callback(length: number): boolean {
      handOn(length, take);
      // What `pause` says while the callback runs would be undone otherwise.
      return !socket.isPaused();
    }
    socket.setNoDelay(true);
    // The server counts its connections by these: each is told once, by the socket that closes.
    internals._connections += 1;
    Object.assign(socket, { _server: server });
    const take = serve(socket);
  };
}

function handOn(length: number, take: Take): void {
  if (length < POOLED_BYTES) {
    const bytes = Buffer.allocUnsafe(length);
    READ_BUFFER.copy(bytes, 0, 0, length);
    take(bytes);
    return;
  }
  const piece = PIECES.copy(READ_BUFFER, 0, length);
  if (take(piece.subarray(0, length))) PIECES.giveBack(piece);
}
