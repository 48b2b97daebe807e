import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { BodyReader, type BodySink } from '../http1/body-reader.ts';
import { REFUSED } from '../http1/field-table.ts';
import type { Upstream, UpstreamSocket, UpstreamUser } from '../upstream-connection.ts';
import { readOwnHead } from './own-message.ts';
import { areSafeFields } from './stream-fields.ts';

/** Octets of a request that are kept until its answer begins, so that it can be sent again when it was certainly not looked at. */
const REPLAY_BYTES = 64 * 1024;
const END_OF_STREAM = constants.NGHTTP2_FLAG_END_STREAM;

/** Where a stream belongs. */
export interface UpstreamHome {
  readonly scheme: 'http' | 'https';
  /** Finds a connection for a stream that another one has refused. */
  reopen(stream: UpstreamStream): void;
  onInternalError(error: unknown): void;
}

/**
 * One request to an instance on a shared connection: takes it as the octets of HTTP/1.1 that are written to any model, and hands the answer on as such. The
 * answer closes "its connection", because a stream serves one request.
 */
export class UpstreamStream implements Upstream, UpstreamSocket, BodySink {
  readonly socket: UpstreamSocket = this;
  user: UpstreamUser | null;
  /** An early end is always the server's doing: a connection that was about to close is told apart by GOAWAY. */
  readonly served = 0;
  announcedIdleMs = Infinity;
  /** The session hands octets on later, and does not say when. */
  readonly hasTakenAll = false;
  private readonly home: UpstreamHome;
  private stream: ClientHttp2Stream | null = null;
  private session: ClientHttp2Session | null = null;
  private onReleased: (() => void) | null = null;
  private readonly body = new BodyReader();
  private head: string[] | null = null;
  /** What was sent of the body, while it may be sent again; null once it may not. */
  private kept: Buffer[] | null = [];
  private keptBytes = 0;
  private ended = false;
  private repeated = false;
  private answering = false;
  private trailers = '';
  private error: Error | null = null;
  private readonly abort = new AbortController();

  constructor(user: UpstreamUser, home: UpstreamHome) {
    this.user = user;
    this.home = home;
  }

  get connected(): boolean {
    return this.session !== null;
  }

  get writableNeedDrain(): boolean {
    return this.stream === null ? this.repeated : this.stream.writableNeedDrain;
  }

  /** The connection is there. @param onReleased called once, when the stream is over */
  attach(session: ClientHttp2Session, onReleased: () => void): void {
    this.session = session;
    this.onReleased = onReleased;
    if (this.repeated) this.guard(() => this.repeat());
  }

  /** Tells the user, who has waited, that it may write. */
  announce(): void {
    if (!this.repeated) this.guard(() => this.user?.onUpstreamReady());
  }

  onNoSession(error: Error): void {
    const { user } = this;
    this.user = null;
    if (this.repeated) user?.onUpstreamClosed(error);
    else user?.onConnectFailed(error);
  }

  destroy(): void {
    this.user = null;
    this.kept = null;
    if (this.stream === null) this.release();
    // `close` would end the stream before it resets it: half a request must not look whole.
    else if (!this.ended) this.abort.abort();
    else if (!this.stream.closed) this.stream.close(constants.NGHTTP2_CANCEL);
  }

  // Written to, as a socket.

  write(octets: Buffer | string): boolean {
    const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
    const start = this.head === null ? this.start(bytes) : 0;
    if (start < bytes.length && this.body.read(bytes, start, bytes.length, this) === REFUSED) {
      throw new Error(`A request was written wrongly: ${this.body.fault.kind}`);
    }
    if (this.body.done && !this.ended) this.end();
    return !this.writableNeedDrain;
  }

  onBodyData(bytes: Buffer, start: number, end: number): void {
    const piece = bytes.subarray(start, end);
    this.keptBytes += piece.length;
    // While no connection has it, it is all there is.
    if (this.keptBytes > REPLAY_BYTES && this.stream !== null) this.kept = null;
    this.kept?.push(piece);
    this.stream?.write(piece);
  }

  // What is written in one turn leaves in as few frames as there can be without being asked to.
  cork(): void {}
  uncork(): void {}

  pause(): void {
    this.stream?.pause();
  }

  resume(): void {
    this.stream?.resume();
  }

  /** @returns position of the body */
  private start(bytes: Buffer): number {
    const head = readOwnHead(bytes, 0);
    const [method = '', path = ''] = head.startLine.split(' ');
    const host = head.fields.indexOf('host');
    const [, authority = ''] = head.fields.splice(host, 2);
    this.head = [
      ':method',
      method,
      ':scheme',
      this.home.scheme,
      ':authority',
      authority,
      ':path',
      path,
      ...head.fields,
    ];
    this.body.start(head.bodyKind, head.contentLength);
    this.request();
    return head.end;
  }

  private end(): void {
    this.ended = true;
    this.stream?.end();
  }

  private request(): void {
    const session = this.session as ClientHttp2Session;
    const stream = session.request(this.head as string[], { endStream: false, signal: this.abort.signal });
    this.stream = stream;
    stream.on('headers', (_, __, fields) => this.guard(() => this.onInterim(fields)));
    stream.on('response', (_, flags, fields) => this.guard(() => this.onHead(flags, fields)));
    stream.on('data', (bytes: Buffer) => this.guard(() => this.onData(bytes)));
    stream.on('trailers', (_, __, fields) => this.guard(() => this.onTrailers(fields)));
    // A stream that is reset ends too, and its answer must not look whole.
    stream.on('end', () => this.guard(() => stream.rstCode === constants.NGHTTP2_NO_ERROR && this.onEnd()));
    stream.on('drain', () => this.guard(() => this.user?.onUpstreamDrain()));
    stream.on('error', (error) => {
      this.error = error;
    });
    stream.on('close', () => this.guard(() => this.onClose(stream)));
  }

  private repeat(): void {
    if (this.user === null) return this.release();
    const pieces = this.kept ?? [];
    this.request();
    for (const piece of pieces) this.stream?.write(piece);
    if (this.ended) this.stream?.end();
    else if (!this.writableNeedDrain) this.user.onUpstreamDrain();
  }

  // What the instance says.

  private onInterim(fields: readonly string[]): void {
    this.say(`${headLines(fields)}\r\n`);
  }

  private onHead(flags: number, fields: readonly string[]): void {
    this.kept = null;
    this.answering = true;
    const whole = (flags & END_OF_STREAM) !== 0;
    const framing = whole ? 'content-length: 0\r\n' : 'transfer-encoding: chunked\r\n';
    this.say(`${headLines(fields)}${framing}connection: close\r\n\r\n`);
    if (whole) this.answering = false;
  }

  private onData(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const line = Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1');
    const chunk = Buffer.concat([line, bytes, LINE_END]);
    this.user?.onUpstreamData(chunk, chunk.length);
  }

  private onTrailers(fields: readonly string[]): void {
    if (areSafeFields(fields)) this.trailers = lines(fields);
  }

  private onEnd(): void {
    if (!this.answering) return;
    this.answering = false;
    this.say(`0\r\n${this.trailers}\r\n`);
  }

  private say(text: string): void {
    const octets = Buffer.from(text, 'latin1');
    this.user?.onUpstreamData(octets, octets.length);
  }

  private onClose(stream: ClientHttp2Stream): void {
    this.release();
    // A stream that was refused, or is above the last one of a GOAWAY, was not looked at (RFC 9113 section 8.7).
    const unseen = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && this.kept !== null && !this.repeated;
    if (unseen && this.user !== null) {
      this.repeated = true;
      this.stream = null;
      this.session = null;
      this.home.reopen(this);
      return;
    }
    const { user } = this;
    this.user = null;
    user?.onUpstreamClosed(this.error);
  }

  private release(): void {
    this.onReleased?.();
    this.onReleased = null;
  }

  /** A fault of ours costs the stream that it happened on. */
  private guard(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      this.home.onInternalError(error);
      if (this.stream === null) this.onNoSession(error as Error);
      else this.stream.destroy(error as Error);
    }
  }
}

const LINE_END = Buffer.from('\r\n', 'latin1');
/** What says where a body ends is made anew. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection']);

/** Status line and fields of an answer. One that could not be written into lines becomes one that is refused. */
function headLines(fields: readonly string[]): string {
  const status = fields[0] === ':status' ? (fields[1] as string) : '';
  if (!/^\d{3}$/.test(status) || !areSafeFields(fields)) return 'HTTP/1.1 000\r\n';
  return `HTTP/1.1 ${status} \r\n${lines(fields)}`;
}

function lines(fields: readonly string[]): string {
  let text = '';
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!name.startsWith(':') && !FRAMING.has(name)) text += `${name}: ${fields[i + 1] as string}\r\n`;
  }
  return text;
}
