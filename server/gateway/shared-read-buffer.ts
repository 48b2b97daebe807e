import { Socket, type Server, type SocketConstructorOpts } from 'node:net';
import { PIECES } from './piece-pool.ts';

/** What clients send is read into this one buffer and copied out at its true size: a buffer of 64 KiB for each read costs more than the copy. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** From here on a read is the middle of a body, and a buffer of the pool is worth its size. */
const POOLED_BYTES = 16 * 1024;

/** What `node:net` keeps in a socket and does not document; looked at in Node 24, which this project pins. */
interface SocketInternals {
  _handle: NonNullable<SocketConstructorOpts['handle']>;
  _server: Server | null;
}

/**
 * Moves an accepted connection to a socket that reads through the shared buffer and past the stream's own queue. `node:net` offers this (`onread`) for the
 * sockets that a program makes and not for those that a server accepts. The server has to be made with `pauseOnConnect`.
 * @param take gets every read in a buffer of its own, and says whether nobody will look at that again
 */
export function readThroughSharedBuffer(accepted: Socket, take: (bytes: Buffer) => boolean): Socket {
  const { _handle: handle, _server: server } = accepted as unknown as SocketInternals;
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: READ_BUFFER,
      callback: (length: number): boolean => {
        handOn(length, take);
        // What `pause` says while the callback runs would be undone otherwise.
        return !socket.isPaused();
      },
    },
  };
  const socket: Socket = new Socket(options);
  // The server counts its connections by these: each is told once, by the socket that closes.
  Object.assign(socket, { _server: server });
  Object.assign(accepted, { _handle: null, _server: null });
  return socket;
}

function handOn(length: number, take: (bytes: Buffer) => boolean): void {
  if (length < POOLED_BYTES) {
    const bytes = Buffer.allocUnsafe(length);
    READ_BUFFER.copy(bytes, 0, 0, length);
    take(bytes);
    return;
  }
  const piece = PIECES.copy(READ_BUFFER, 0, length);
  if (take(piece.subarray(0, length))) PIECES.giveBack(piece);
}
