import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { fieldOf, type RawMessage, readMessage } from './raw-message.ts';

export interface RawResponse extends RawMessage {
  status: number;
  field(name: string): string | undefined;
  json(): Record<string, unknown>;
}

/** A client that sends exactly the bytes it is told and takes what comes apart by its framing. */
export class RawClient {
  readonly socket: Socket;
  private text = '';
  private ended = false;
  private gone = false;
  /** How the connection ended: by an orderly end or by a reset. */
  outcome: 'open' | 'end' | 'reset' = 'open';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
    });
    socket.on('end', () => {
      this.ended = true;
      this.outcome = 'end';
    });
    socket.on('error', () => {
      this.outcome = 'reset';
    });
    socket.on('close', () => {
      this.gone = true;
      this.ended = true;
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** A client whose handshake is over. @throws what the handshake failed with */
  static async connectTls(port: number, options: ConnectionOptions): Promise<RawClient & { socket: TLSSocket }> {
    const socket = connectTls({ host: '127.0.0.1', port, ...options });
    await once(socket, 'secureConnect');
    return new RawClient(socket) as RawClient & { socket: TLSSocket };
  }

  send(text: string | Buffer): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** Everything received that has not been taken as an answer. */
  get pending(): string {
    return this.text;
  }

  /** The next answer, interim ones included. @param toHead it answers a HEAD request */
  async response(toHead = false): Promise<RawResponse> {
    const read = await this.until(() => readMessage(this.text, toHead, this.ended));
    if (read === null) throw new Error(`the connection ended (${this.outcome}) after ${JSON.stringify(this.text)}`);
    this.text = this.text.slice(read.end);
    const { message } = read;
    return {
      ...message,
      status: Number(message.start.split(' ')[1]),
      field: (name) => fieldOf(message, name),
      json: () => JSON.parse(message.body) as Record<string, unknown>,
    };
  }

  async request(text: string | Buffer, toHead = false): Promise<RawResponse> {
    return this.send(text).response(toHead);
  }

  /** Resolves when what was received holds this text. */
  async received(text: string): Promise<void> {
    const found = await this.until(() => (this.text.includes(text) ? true : null));
    if (found === null) throw new Error(`the connection ended (${this.outcome}) after ${JSON.stringify(this.text)}`);
  }

  /** Resolves when the server has ended its side, with all that came before. */
  async untilEnd(): Promise<string> {
    await this.until(() => null);
    return this.text;
  }

  close(): void {
    this.socket.destroy();
  }

  private async until<T>(read: () => T | null): Promise<T | null> {
    for (;;) {
      const result = read();
      if (result !== null || this.ended) return result;
      await this.next();
    }
  }

  /** The next thing that happens on the socket. */
  private next(): Promise<void> {
    if (this.gone) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['data', 'end', 'close'] as const) this.socket.off(event, done);
        resolve();
      };
      for (const event of ['data', 'end', 'close'] as const) this.socket.on(event, done);
    });
  }
}

/** One request on a connection of its own. */
export async function requestOnce(port: number, text: string | Buffer): Promise<RawResponse> {
  const client = await RawClient.connect(port);
  try {
    return await client.request(text);
  } finally {
    client.close();
  }
}
