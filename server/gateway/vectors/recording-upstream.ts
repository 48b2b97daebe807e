import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type RawMessage, readMessage } from '#server/gateway/testing/raw-message.ts';
import type { ModelScript } from './vector.ts';

/** Requests with this in their target are always answered with their own request line, and not recorded. */
export const PROBE = 'probe-';

interface Connection {
  octets: string;
  unread: string;
  /** The answer to the head that `unread` begins with has gone out. */
  headAnswered: boolean;
}

/** A model of bare sockets behind all vectors: remembers every octet since `begin`, and answers as the script says. */
export class RecordingUpstream {
  readonly port: number;
  readonly requests: RawMessage[] = [];
  private readonly connections = new Map<Socket, Connection>();
  private readonly ended: string[] = [];
  private readonly close: () => Promise<void>;
  private script: ModelScript = {};

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.close = close;
  }

  static async start(): Promise<RecordingUpstream> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = new RecordingUpstream((server.address() as AddressInfo).port, async () => {
      server.close();
      await once(server, 'close');
    });
    server.on('connection', (socket) => upstream.serve(socket));
    return upstream;
  }

  /** Forgets what came and answers by another script from now on. */
  begin(script: ModelScript): void {
    this.script = script;
    this.requests.length = 0;
    this.ended.length = 0;
    for (const connection of this.connections.values()) connection.octets = '';
  }

  /** All that came since `begin`, one text a connection. */
  get octets(): string[] {
    return [...this.ended, ...Array.from(this.connections.values(), ({ octets }) => octets)].filter(
      (text) => text !== '',
    );
  }

  async stop(): Promise<void> {
    for (const socket of this.connections.keys()) socket.destroy();
    await this.close();
  }

  private serve(socket: Socket): void {
    const connection: Connection = { octets: '', unread: '', headAnswered: false };
    this.connections.set(socket, connection);
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      this.connections.delete(socket);
      this.ended.push(connection.octets);
    });
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1');
      connection.unread += text;
      if (!connection.unread.startsWith(`GET /${PROBE}`)) connection.octets += text;
      this.read(socket, connection);
    });
  }

  private read(socket: Socket, connection: Connection): void {
    this.answerHead(socket, connection);
    for (let read = readMessage(connection.unread); read !== null; read = readMessage(connection.unread)) {
      connection.unread = connection.unread.slice(read.end);
      connection.headAnswered = false;
      this.answer(socket, read.message);
    }
  }

  private answerHead(socket: Socket, connection: Connection): void {
    const { onHead } = this.script;
    const isProbe = connection.unread.startsWith(`GET /${PROBE}`);
    if (onHead === undefined || isProbe || connection.headAnswered || !connection.unread.includes('\r\n\r\n')) return;
    connection.headAnswered = true;
    socket.write(onHead, 'latin1');
  }

  private answer(socket: Socket, message: RawMessage): void {
    const [method = '', target = ''] = message.start.split(' ');
    const line = `${method} ${target}`;
    const own = `HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${method === 'HEAD' ? '' : line}`;
    if (target.startsWith(`/${PROBE}`)) {
      socket.write(own, 'latin1');
      return;
    }
    this.requests.push(message);
    socket.write(this.script.says ?? own, 'latin1');
    if (this.script.ends === true) socket.end();
    // What was said leaves first.
    if (this.script.resets === true) setImmediate(() => socket.resetAndDestroy());
  }
}
