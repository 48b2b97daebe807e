import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fieldOf, type RawMessage, readMessage } from './raw-message.ts';

export interface SeenRequest extends RawMessage {
  method: string;
  path: string;
  /** Number of the connection it came on, from 1. */
  connection: number;
  field(name: string): string | undefined;
}

export type Answer = (request: SeenRequest, socket: Socket) => void;

/** A model server of bare sockets: remembers every octet it gets and answers as it is told. */
export interface RawModel {
  readonly port: number;
  readonly requests: SeenRequest[];
  /** All that came on each connection. */
  readonly received: string[];
  readonly sockets: ReadonlySet<Socket>;
  connections: number;
  answer: Answer;
  /** Called with every piece that arrives, before a request is complete. */
  onBytes: ((socket: Socket, text: string) => void) | null;
  /** Resolves when this many requests have come. */
  seen(count: number): Promise<SeenRequest>;
  close(): Promise<void>;
}

export const OK: Answer = (request, socket) => {
  const body = JSON.stringify({ path: request.path });
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
};

/** An answer of exactly these octets. */
export function says(text: string): Answer {
  return (_request, socket) => void socket.write(text, 'latin1');
}

export async function startModel(answer: Answer = OK): Promise<RawModel> {
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => serve(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const model: RawModel = {
    port: (server.address() as AddressInfo).port,
    requests: [],
    received: [],
    sockets,
    connections: 0,
    answer,
    onBytes: null,
    async seen(count) {
      while (model.requests.length < count) {
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
        });
      }
      return model.requests[count - 1] as SeenRequest;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };

  function serve(socket: Socket): void {
    model.connections += 1;
    const connection = model.connections;
    sockets.add(socket);
    model.received[connection - 1] = '';
    let pieces: string[] = [];
    let length = 0;
    let needed = 0;
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      const piece = bytes.toString('latin1');
      pieces.push(piece);
      length += piece.length;
      model.received[connection - 1] += piece;
      model.onBytes?.(socket, piece);
      // A large body is put together once, not with every packet.
      if (needed === Infinity ? !piece.endsWith('\n') : length < needed) return;
      let text = pieces.join('');
      for (let read = readMessage(text); read !== null; read = readMessage(text)) {
        text = text.slice(read.end);
        take(read.message, connection, socket);
      }
      pieces = [text];
      length = text.length;
      needed = neededBytes(text);
    });
  }

  function take(message: RawMessage, connection: number, socket: Socket): void {
    const [method = '', path = ''] = message.start.split(' ');
    const request = { ...message, method, path, connection, field: (name: string) => fieldOf(message, name) };
    model.requests.push(request);
    for (const resolve of waiting) resolve();
    waiting.clear();
    model.answer(request, socket);
  }

  return model;
}

/** Bytes that a message needs to be complete, 0 while its head is not; Infinity when its end must be looked for. */
function neededBytes(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return 0;
  const head = text.slice(0, headEnd);
  if (/^transfer-encoding:/im.test(head)) return Infinity;
  return headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
}
