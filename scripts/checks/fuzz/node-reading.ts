import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Reading, ReadRequest } from './reading.ts';

/** An end of a connection that goes nowhere, with what node:http asks of a socket. */
class FakeSocket extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
  setTimeout(): this {
    return this;
  }
}

/** Keeps a body as it is parsed, instead of when somebody reads it. */
class KeptMessage extends IncomingMessage {
  readonly kept: Pick<ReadRequest, 'body' | 'complete'> = { body: '', complete: false };

  override push(chunk: Buffer | null): boolean {
    if (chunk === null) this.kept.complete = true;
    else this.kept.body += chunk.toString('latin1');
    return true;
  }
}

/**
 * Reads with llhttp, through a node:http server that is given its connections by hand: its parser works synchronously on every `data` event, so no
 * socket and no turn of the event loop is needed for an input. Checks that the server makes on its own beside llhttp are off.
 */
export class NodeReader {
  private readonly server: Server;
  private reading: Reading = { requests: [], ending: 'open', position: 0 };
  private messages: KeptMessage[] = [];

  constructor() {
    this.server = createServer({ IncomingMessage: KeptMessage, requireHostHeader: false, maxHeaderSize: 64 * 1024 });
    this.server.maxHeadersCount = 0;
    const take = (message: IncomingMessage, response: ServerResponse): void =>
      this.take(message as KeptMessage, response.shouldKeepAlive);
    for (const event of ['request', 'checkContinue', 'checkExpectation']) this.server.on(event, take);
    this.server.on('connect', (message) => this.take(message as KeptMessage, false));
    this.server.on('clientError', (error: NodeJS.ErrnoException) => {
      this.reading.ending = error.code ?? error.message;
    });
  }

  /** Reads octets that come in these pieces. */
  read(pieces: readonly Buffer[]): Reading {
    this.reading = { requests: [], ending: 'open', position: 0 };
    this.messages = [];
    const socket = new FakeSocket();
    this.server.emit('connection', socket as unknown as Socket);
    for (const piece of pieces) {
      if (this.reading.ending === 'open') socket.emit('data', piece);
    }
    socket.destroy();
    for (const [i, request] of this.reading.requests.entries()) {
      const message = this.messages[i] as KeptMessage;
      Object.assign(request, message.kept, { trailers: linesOf(message.rawTrailers) });
    }
    return this.reading;
  }

  private take(message: KeptMessage, persistent: boolean): void {
    this.messages.push(message);
    this.reading.requests.push({
      start: 0,
      method: message.method ?? '',
      target: message.url ?? '',
      minorVersion: message.httpVersionMinor,
      fields: linesOf(message.rawHeaders),
      persistent,
      body: '',
      trailers: '',
      complete: false,
    });
  }
}

function linesOf(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) lines += `${raw[i]}: ${raw[i + 1]}\n`;
  return lines;
}
