import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ChunkedBody } from './chunked-body.ts';
import { parseRequestHead, type HttpFault, type RequestHead } from './request-head.ts';

export interface HttpRequest {
  head: RequestHead;
  /** May be a part of a larger read buffer. */
  body: Buffer;
}

/** Takes exactly one answer. */
export interface HttpResponder {
  /** True once the client is gone; the answer would reach nobody. */
  readonly aborted: boolean;
  send(status: number, contentType: string, body: string | Uint8Array, extraHeaders?: string): void;
}

export type HttpHandler = (request: HttpRequest, responder: HttpResponder) => void;

const MAX_HEAD_BYTES = 16 * 1024;
/** Bytes that a client may send ahead of its answer before the socket is paused. */
const MAX_AHEAD_BYTES = 64 * 1024;
/** How long a client may take to close its side after the last answer. */
const LINGER_MS = 2000;
const NO_BYTES = Buffer.alloc(0);
const HEAD_END = '\r\n\r\n';

/** `blocked`: the client does not take its last answer, so its next request is not read. */
type Phase = 'head' | 'body' | 'chunks' | 'answering' | 'blocked' | 'closed';

/**
 * One client connection: cuts its bytes into requests, hands them over one at a time, and writes the answers, so that pipelined requests
 * are answered in order.
 */
export class HttpConnection implements HttpResponder {
  readonly #socket: Socket;
  readonly #handler: HttpHandler;
  readonly #maxBodyBytes: number;
  #phase: Phase = 'head';
  #ahead: Buffer = NO_BYTES;
  #head: RequestHead | null = null;
  #bodyParts: Buffer[] = [];
  #bodyLeft = 0;
  #chunked: ChunkedBody | null = null;
  #closeAfterAnswer = false;
  #peerEnded = false;
  #unsentBytes = 0;
  #lastActivity = performance.now();
  /** Clients that keep a connection send the same head again and again; the same text parses to the same head. */
  #lastHeadText = '';
  #lastHead: RequestHead | null = null;

  constructor(socket: Socket, handler: HttpHandler, maxBodyBytes: number) {
    this.#socket = socket;
    this.#handler = handler;
    this.#maxBodyBytes = maxBodyBytes;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('end', () => this.#peerEnd());
    socket.on('close', () => this.#forget());
    // A reset by the client is its own business: 'close' follows and the request counts as aborted.
    socket.on('error', () => socket.destroy());
  }

  /** A client that ends its side while it waits has given up, as nginx takes it too; what is already computed is still sent. */
  get aborted(): boolean {
    return this.#phase === 'closed' || this.#peerEnded;
  }

  send(status: number, contentType: string, body: string | Uint8Array, extraHeaders = ''): void {
    if (this.#phase !== 'answering') return;
    const keep = this.#head?.keepAlive === true && !this.#closeAfterAnswer;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const head =
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${contentType}\r\n` +
      `Content-Length: ${length}\r\nDate: ${httpDate()}\r\n${extraHeaders}${keep ? '' : 'Connection: close\r\n'}\r\n`;
    this.#write(head, this.#head?.method === 'HEAD' ? '' : body);
    this.#lastActivity = performance.now();
    if (keep) this.#next();
    else this.#end();
  }

  /** Closes now if nothing is under way, else after the answer. */
  closeWhenIdle(): void {
    this.#closeAfterAnswer = true;
    if (this.#isIdle()) this.#end();
  }

  /** Gives up a connection that has been silent too long. Waiting for the model is not silence. */
  expire(now: number, keepAliveMs: number, receiveTimeoutMs: number): void {
    // A slow reader of a large answer is not silent while it takes bytes.
    if (this.#socket.writableLength < this.#unsentBytes) this.#lastActivity = now;
    this.#unsentBytes = this.#socket.writableLength;
    const silentMs = now - this.#lastActivity;
    const isIdle = this.#isIdle();
    if (isIdle && silentMs > keepAliveMs) this.#end();
    else if (!isIdle && this.#phase !== 'answering' && this.#phase !== 'closed' && silentMs > receiveTimeoutMs) {
      this.#refuse({ status: 408, message: 'The request did not arrive in time.' });
    }
  }

  #isIdle(): boolean {
    return this.#phase === 'blocked' || (this.#phase === 'head' && this.#ahead.length === 0);
  }

  #receive(bytes: Buffer): void {
    this.#lastActivity = performance.now();
    if (this.#phase === 'head') this.#takeHead(this.#ahead.length === 0 ? bytes : Buffer.concat([this.#ahead, bytes]));
    else if (this.#phase === 'body') this.#takeBody(bytes);
    else if (this.#phase === 'chunks') this.#takeChunks(bytes);
    else if (this.#phase !== 'closed') this.#keepAhead(bytes);
  }

  #keepAhead(bytes: Buffer): void {
    this.#ahead = this.#ahead.length === 0 ? bytes : Buffer.concat([this.#ahead, bytes]);
    if (this.#ahead.length > MAX_AHEAD_BYTES) this.#socket.pause();
  }

  #takeHead(bytes: Buffer): void {
    const end = bytes.indexOf(HEAD_END, 0, 'latin1');
    if (end > MAX_HEAD_BYTES || (end < 0 && bytes.length > MAX_HEAD_BYTES)) {
      this.#refuse({ status: 431, message: `The request head is larger than ${MAX_HEAD_BYTES} bytes.` });
      return;
    }
    if (end < 0) {
      this.#ahead = bytes;
      return;
    }
    this.#ahead = NO_BYTES;
    const head = this.#parseHead(bytes.toString('latin1', 0, end));
    if (head === null) return;
    this.#head = head;
    this.#startBody(head, bytes.subarray(end + HEAD_END.length));
  }

  #parseHead(text: string): RequestHead | null {
    if (this.#lastHead !== null && text === this.#lastHeadText) return this.#lastHead;
    const parsed = parseRequestHead(text);
    if (!parsed.ok) {
      this.#refuse(parsed.fault);
      return null;
    }
    this.#lastHeadText = text;
    this.#lastHead = parsed.head;
    return parsed.head;
  }

  #startBody(head: RequestHead, bytes: Buffer): void {
    const { contentLength } = head;
    if (contentLength !== null && contentLength > this.#maxBodyBytes) {
      this.#refuse({ status: 413, message: `The body is larger than ${this.#maxBodyBytes} bytes.` });
      return;
    }
    if (contentLength !== null && bytes.length >= contentLength) {
      this.#dispatch(bytes.subarray(0, contentLength), bytes.subarray(contentLength));
      return;
    }
    if (head.expectsContinue && bytes.length === 0) this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    if (contentLength === null) {
      this.#phase = 'chunks';
      this.#chunked = new ChunkedBody(this.#maxBodyBytes);
      this.#takeChunks(bytes);
    } else {
      this.#phase = 'body';
      this.#bodyLeft = contentLength;
      this.#takeBody(bytes);
    }
  }

  #takeBody(bytes: Buffer): void {
    const part = bytes.subarray(0, this.#bodyLeft);
    this.#bodyParts.push(part);
    this.#bodyLeft -= part.length;
    if (this.#bodyLeft > 0) return;
    const body = Buffer.concat(this.#bodyParts);
    this.#bodyParts = [];
    this.#dispatch(body, bytes.subarray(part.length));
  }

  #takeChunks(bytes: Buffer): void {
    const progress = (this.#chunked as ChunkedBody).push(bytes);
    if (progress.state === 'fault') this.#refuse(progress.fault);
    else if (progress.state === 'done') {
      this.#chunked = null;
      this.#dispatch(progress.body, progress.rest);
    }
  }

  #dispatch(body: Buffer, rest: Buffer): void {
    this.#phase = 'answering';
    if (rest.length > 0) this.#keepAhead(rest);
    this.#handler({ head: this.#head as RequestHead, body }, this);
  }

  #next(): void {
    this.#phase = 'head';
    this.#head = null;
    if (this.#socket.writableNeedDrain) {
      this.#phase = 'blocked';
      this.#socket.once('drain', () => this.#unblock());
      return;
    }
    if (this.#socket.isPaused()) this.#socket.resume();
    // Through the event loop: a long pipeline must neither recurse nor keep other connections waiting.
    if (this.#ahead.length > 0) setImmediate(() => this.#takeAhead());
  }

  #unblock(): void {
    if (this.#phase === 'blocked') this.#next();
  }

  #takeAhead(): void {
    if (this.#phase !== 'head' || this.#ahead.length === 0) return;
    const ahead = this.#ahead;
    this.#ahead = NO_BYTES;
    this.#takeHead(ahead);
  }

  #peerEnd(): void {
    this.#peerEnded = true;
    this.#closeAfterAnswer = true;
    if (this.#phase !== 'answering' && this.#phase !== 'closed') this.#end();
  }

  #write(head: string, body: string | Uint8Array): void {
    if (typeof body === 'string') {
      this.#socket.write(head + body);
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    this.#socket.write(body);
    this.#socket.uncork();
  }

  /** Answers a request that cannot be understood; where its end lies is unknown, so the connection ends with it. */
  #refuse(fault: HttpFault): void {
    this.#phase = 'answering';
    this.#closeAfterAnswer = true;
    const body = JSON.stringify({ error: { code: 'bad_request', message: fault.message } });
    this.send(fault.status, 'application/json', body);
  }

  #end(): void {
    this.#phase = 'closed';
    // Unread bytes of a refused request would turn the close into a reset that may overtake the answer.
    this.#socket.resume();
    this.#socket.end(() => setTimeout(() => this.#socket.destroy(), LINGER_MS).unref());
  }

  #forget(): void {
    this.#phase = 'closed';
    this.#ahead = NO_BYTES;
    this.#bodyParts = [];
    this.#chunked = null;
  }
}

let dateText = '';
let dateUntil = 0;

/** The Date header's value, formatted once per second. */
function httpDate(): string {
  const now = Date.now();
  if (now >= dateUntil) {
    dateText = new Date(now).toUTCString();
    dateUntil = now - (now % 1000) + 1000;
  }
  return dateText;
}
