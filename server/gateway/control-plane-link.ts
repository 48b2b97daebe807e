import { createServer, type Socket } from 'node:net';
import { listenOnSocket } from '#server/kernel/listen-on-socket.ts';
import { type ToControlPlane, type ToGateway, toGatewaySchema } from '#server/routing/gateway-link.ts';

/** A table of 10,000 endpoints is about 10 MB. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

export interface ControlPlaneLinkEvents {
  onConnect(send: (frame: ToControlPlane) => void): void;
  onFrame(frame: ToGateway, send: (frame: ToControlPlane) => void): void;
  /** A frame that is no frame; `revision` where it could be told. */
  onBadFrame(reason: string, revision: number, send: (frame: ToControlPlane) => void): void;
}

export interface ControlPlaneLink {
  /** Sends to every control plane that is connected: none, one, or two while one takes over from another. */
  broadcast(frame: ToControlPlane): void;
  close(): Promise<void>;
}

/**
 * Listens on the gateway's socket for the control plane: one JSON frame a line. Whether anybody is connected changes nothing for predictions.
 * @throws SocketTakenError when another gateway answers on the socket
 */
export async function listenForControlPlane(path: string, events: ControlPlaneLinkEvents): Promise<ControlPlaneLink> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveSocket(socket, events);
  });
  await listenOnSocket(server, path);
  return {
    broadcast(frame) {
      for (const socket of sockets) write(socket, frame);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serveSocket(socket: Socket, events: ControlPlaneLinkEvents): void {
  const send = (frame: ToControlPlane): void => write(socket, frame);
  let parts: Buffer[] = [];
  let bytes = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      bytes = 0;
      start = end + 1;
      readFrame(line, events, send);
    }
    if (start === chunk.length) return;
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > MAX_FRAME_BYTES) socket.destroy();
  });
  events.onConnect(send);
}

function readFrame(line: Buffer, events: ControlPlaneLinkEvents, send: (frame: ToControlPlane) => void): void {
  let json: unknown;
  try {
    json = JSON.parse(line.toString('utf8'));
  } catch (error) {
    return events.onBadFrame(`not JSON: ${(error as Error).message}`, 0, send);
  }
  const parsed = toGatewaySchema.safeParse(json);
  if (parsed.success) return events.onFrame(parsed.data, send);
  const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  events.onBadFrame(reason, revisionOf(json), send);
}

function revisionOf(json: unknown): number {
  const revision = (json as { table?: { revision?: unknown } } | null)?.table?.revision;
  return typeof revision === 'number' && Number.isInteger(revision) ? revision : 0;
}

function write(socket: Socket, frame: ToControlPlane): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(frame)}\n`);
}
