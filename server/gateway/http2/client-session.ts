import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { KeyChecker } from '../authenticate.ts';
import { NEVER, type Sweepable } from '../deadline-sweeper.ts';
import type { GatewayCore } from '../gateway-core.ts';
import { plainAddress } from '../peer-address.ts';
import { type Place, Roster } from '../roster.ts';
import { forwardedLines } from '../upstream-request.ts';
import { ClientStream, type StreamOwner } from './client-stream.ts';
import { FrameBudget } from './frame-budget.ts';

/** Fields of a request may take more than the 16 KiB that are accepted, so that there is a word for what is too large (RFC 6585 section 5). */
const MAX_HEADER_LIST_BYTES = 32 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
const END_OF_STREAM = constants.NGHTTP2_FLAG_END_STREAM;
/**
 * GOAWAY with the highest number of a stream: it announces the end and refuses nothing yet (RFC 9113 section 6.8). As octets, because nghttp2 looks at no
 * stream any more once it has been asked for a GOAWAY; between two writes of a session there is always an end of a frame.
 */
const SHUTDOWN_NOTICE = Buffer.from('0000080700000000007fffffff00000000', 'hex');
/** How long a client that does not answer a ping may take to learn of the end. */
const GOAWAY_NOTICE_MS = 1_000;

const OPTIONS = {
  settings: {
    enablePush: false,
    enableConnectProtocol: false,
    maxConcurrentStreams: 100,
    initialWindowSize: 65_535,
    maxHeaderListSize: MAX_HEADER_LIST_BYTES,
  },
  maxHeaderListPairs: 256,
  maxSettings: 32,
  maxOutstandingPings: 10,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  // The second line behind `FrameBudget`, in nghttp2 itself.
  streamResetBurst: 500,
  streamResetRate: 250,
  maxSessionMemory: 32,
  strictSingleValueFields: false,
} as const;

/**
 * A client's connection that speaks HTTP/2. Streams come and go on it independently; the connection itself has a beginning that must come in time, an idle time,
 * a budget for frames that cost us more than the client, and an orderly end.
 */
export class ClientSession implements StreamOwner, Sweepable {
  readonly core: GatewayCore;
  readonly keys = new KeyChecker();
  readonly peerAddress: string;
  private readonly socket: Socket;
  private readonly session: ServerHttp2Session;
  private readonly streams = new Roster<ClientStream>();
  private readonly budget: FrameBudget;
  private readonly onGone: (session: ClientSession) => void;
  private lines: Buffer | null = null;
  private deadlineAt: number;
  private readonly swept: Place<Sweepable>;
  /** The end has been announced, and follows at this time. */
  private closeAt = NEVER;
  /** Nothing more is owed to the client, and the connection is cut at this time. */
  private cutAt = NEVER;

  constructor(socket: Socket, core: GatewayCore, onGone: (session: ClientSession) => void) {
    const now = performance.now();
    this.socket = socket;
    this.core = core;
    this.onGone = onGone;
    this.peerAddress = plainAddress(socket.remoteAddress ?? '');
    this.budget = new FrameBudget(now);
    this.deadlineAt = now + core.settings.requestHeadTimeoutMs;
    this.session = performServerHandshake(socket, OPTIONS);
    this.session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    this.listen();
    this.swept = core.sweeper.add(this);
  }

  /** Lines for the model that say where the requests of this connection came from. */
  get connectionLines(): Buffer {
    this.lines ??= forwardedLines(
      {
        address: this.peerAddress,
        localPort: this.socket.localPort ?? 0,
        protocol: 'encrypted' in this.socket ? 'https' : 'http',
        httpVersion: '2.0',
      },
      this.core.hopId,
    );
    return this.lines;
  }

  sweep(now: number): void {
    if (this.cutAt <= now) this.socket.destroy();
    if (this.closeAt <= now) this.close();
    if (this.deadlineAt <= now) this.onIdle();
    this.streams.forEach((stream) => stream.sweep(now));
  }

  onWork(): void {
    this.budget.onWork();
  }

  onStreamGone(stream: ClientStream, early: boolean): void {
    if (stream.place !== null) this.streams.remove(stream.place);
    if (this.streams.size === 0) this.deadlineAt = performance.now() + this.core.settings.keepAliveTimeoutMs;
    if (early && !this.budget.takeReset(performance.now())) this.calm('rapid_reset');
  }

  /**
   * Ends the connection when its streams have ended. Told twice: a request that crosses with the first word is still served, one behind the second was
   * certainly not looked at and may be repeated elsewhere (RFC 9113 section 6.8).
   */
  drain(): void {
    if (this.session.destroyed || this.session.closed || this.closeAt !== NEVER) return;
    this.closeAt = performance.now() + GOAWAY_NOTICE_MS;
    this.socket.write(SHUTDOWN_NOTICE);
    this.session.ping(() => this.close());
  }

  cutNow(): void {
    this.session.destroy();
    this.socket.destroy();
  }

  /** The client has ended its side, which nobody does who waits for an answer: streams end by themselves. */
  onPeerEnd(): void {
    this.session.destroy();
    this.socket.destroy();
  }

  private listen(): void {
    const { session, socket } = this;
    session.on('stream', (stream, _headers, flags, fields) => this.onStream(stream, flags, fields));
    session.on('remoteSettings', () => this.onSettings());
    session.on('ping', () => {
      if (!this.budget.takePing(performance.now())) this.calm('ping_flood');
    });
    // 'close' follows and does what is to be done.
    session.on('error', () => this.core.counters.increment('client_session_errors'));
    session.on('close', () => {
      this.cutAt = performance.now() + this.core.settings.lingerTimeoutMs;
    });
    socket.on('error', () => this.core.counters.increment('client_socket_errors'));
    socket.once('close', () => this.onClose());
  }

  private onStream(stream: ServerHttp2Stream, flags: number, fields: readonly string[]): void {
    this.deadlineAt = NEVER;
    this.budget.onWork();
    try {
      const opened = ClientStream.open(this, stream, fields, (flags & END_OF_STREAM) !== 0);
      if (opened !== null) opened.place = this.streams.add(opened);
    } catch (error) {
      this.core.onInternalError(error);
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  }

  private onSettings(): void {
    const now = performance.now();
    if (!this.budget.takeSettings(now)) this.calm('settings_flood');
    else if (this.streams.size === 0) this.deadlineAt = now + this.core.settings.keepAliveTimeoutMs;
  }

  private onIdle(): void {
    this.deadlineAt = NEVER;
    this.close();
  }

  private close(): void {
    this.closeAt = NEVER;
    if (!this.session.closed && !this.session.destroyed) this.session.close();
  }

  /** Ends a connection that costs more than it asks for. */
  private calm(kind: string): void {
    if (this.session.destroyed) return;
    this.core.counters.increment(`protocol_error.http2.${kind}`);
    // Without an error the code would not be sent.
    this.session.destroy(new Error(kind), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  private onClose(): void {
    this.core.sweeper.delete(this.swept);
    if (!this.session.destroyed) this.session.destroy();
    this.onGone(this);
  }
}
