import type { Socket } from 'node:net';
import { KeyChecker } from './authenticate.ts';
import { type ClientResponse, formatGatewayAnswer } from './client-response.ts';
import { NEVER, type Sweepable } from './deadline-sweeper.ts';
import { Exchange } from './exchange.ts';
import type { ClientTunnel, ExchangeClient } from './exchange-client.ts';
import { ANSWERS, type GatewayAnswer, gatewayAnswer } from './gateway-answer.ts';
import type { GatewayCore } from './gateway-core.ts';
import { BodyReader, type BodySink } from './http1/body-reader.ts';
import { NEED_MORE, REFUSED } from './http1/field-table.ts';
import { FAULTS, type ProtocolFault } from './http1/protocol-fault.ts';
import type { RequestHead } from './http1/request-head.ts';
import { startsWithPreface } from './http2/preface.ts';
import type { WatchedPeer } from './peer-watch.ts';
import { isLoopback, plainAddress } from './peer-address.ts';
import type { Place } from './roster.ts';
import { forwardedLines } from './upstream-request.ts';

/**
 * One client's connection: cuts the bytes into requests, hands each to an Exchange and goes on with the next when its answer is complete. One
 * request at a time; what a client sends ahead waits in the socket.
 */
export class ClientConnection implements ExchangeClient, Sweepable, BodySink, WatchedPeer {
  readonly socket: Socket;
  readonly peerAddress: string;
  readonly keys = new KeyChecker();
  /** gRPC needs HTTP/2: what says it is gRPC here is a request like others. */
  readonly isGrpc = false;
  private readonly core: GatewayCore;
  private exchange: Exchange | null = null;
  private tunnel: ClientTunnel | null = null;
  private readonly body = new BodyReader();
  /** Bytes of a head that is not complete, or of a request that came ahead of its turn. */
  private held: Buffer | null = null;
  private consuming = false;
  /** What was taken last has been passed on, all of it, and is kept nowhere. */
  private spent = false;
  private closing = false;
  /** The client has said that the request it sent last is its last one. */
  private saidLast = false;
  /** The client will send nothing more. */
  ended = false;
  private deadlineAt: number;
  private headStartedAt = 0;
  private lines: Buffer | null = null;
  private readonly swept: Place<Sweepable>;

  constructor(socket: Socket, core: GatewayCore) {
    this.socket = socket;
    this.core = core;
    this.peerAddress = plainAddress(socket.remoteAddress ?? '');
    this.deadlineAt = performance.now() + core.settings.keepAliveTimeoutMs;
    this.swept = core.sweeper.add(this);
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    // 'close' follows and does what is to be done.
    socket.on('error', () => core.counters.increment('client_socket_errors'));
    socket.on('close', () => this.onClose());
  }

  /** Lines for the model that say where the requests of this connection came from. */
  get connectionLines(): Buffer {
    this.lines ??= forwardedLines(
      {
        address: this.peerAddress,
        localPort: this.localPort,
        protocol: 'encrypted' in this.socket ? 'https' : 'http',
        httpVersion: '1.1',
      },
      this.core.hopId,
    );
    return this.lines;
  }

  get isIdle(): boolean {
    return this.exchange === null && this.tunnel === null && this.held === null;
  }

  get requestComplete(): boolean {
    return this.body.done;
  }

  /** Whether what is left of the request is little enough to be read and ignored, so that the connection can go on. */
  get restIsSmall(): boolean {
    return this.body.done || (this.body.remaining > 0 && this.body.remaining <= this.core.settings.bodyBufferBytes);
  }

  /** @returns false when the client reads slower than it is written to: `onClientDrain` follows */
  write(bytes: Buffer | string): boolean {
    return this.socket.write(bytes, 'latin1');
  }

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  sendAnswer(answer: GatewayAnswer, response: ClientResponse, toHead: boolean): number {
    const message = formatGatewayAnswer(answer, response, toHead, this.core.date());
    this.write(message);
    return message.length;
  }

  pauseReading(): void {
    this.deadlineAt = NEVER;
    this.socket.pause();
  }

  resumeReading(): void {
    if (!this.body.done) this.deadlineAt = performance.now() + this.core.settings.bodyIdleTimeoutMs;
    this.socket.resume();
  }

  /** The answer is complete. @param keepAlive whether the connection may carry another request */
  onResponseDone(keepAlive: boolean): void {
    if (!keepAlive || this.ended) this.close();
    else if (this.body.done) this.nextRequest();
  }

  /** A client that sends nothing more needs no time to read its answer: it lies in the kernel, which delivers it before the end. */
  private close(): void {
    const sendsMore = !this.body.done || this.held !== null || !(this.saidLast || this.ended);
    if (sendsMore || this.socket.writableLength > 0 || 'encrypted' in this.socket) this.closeGracefully();
    else this.socket.destroy();
  }

  /** Ends the connection so that the last answer arrives: our side first, then what the client still sends is ignored for a while. */
  closeGracefully(): void {
    if (this.closing) return;
    this.closing = true;
    this.release();
    this.held = null;
    const { settings } = this.core;
    this.deadlineAt = performance.now() + settings.streamIdleTimeoutMs;
    this.socket.end(() => {
      this.deadlineAt = performance.now() + settings.lingerTimeoutMs;
    });
    this.socket.resume();
  }

  /** Cuts the connection in the middle of an answer, so that the client sees that it is not whole (RFC 9112 section 8). */
  cut(endsWithConnection: boolean): void {
    // Where only the end of the connection marks the end of the body, an orderly end would look like success.
    if (endsWithConnection) this.socket.resetAndDestroy();
    else this.socket.destroySoon();
  }

  /** Gives the connection to a tunnel, with what the client has already sent for it. */
  switchTo(tunnel: ClientTunnel): void {
    this.tunnel = tunnel;
    this.release();
    this.deadlineAt = NEVER;
    const early = this.held;
    this.held = null;
    if (early !== null) tunnel.onClientData(early);
    this.socket.resume();
  }

  sweep(now: number): void {
    if (this.tunnel !== null) this.tunnel.sweep(now);
    if (this.deadlineAt <= now) this.onDeadline();
    else if (this.exchange !== null) this.exchange.sweep(now);
  }

  /** Ends connections that are between two requests; the others end with their answer. */
  drain(): void {
    if (this.isIdle) this.closeGracefully();
  }

  /** The time for a drain is over. */
  cutNow(): void {
    if (this.isIdle) this.closeGracefully();
    else this.socket.destroy();
  }

  onBodyData(bytes: Buffer, start: number, end: number): void {
    const isPassedOn = this.exchange?.onRequestData(bytes, start, end) ?? false;
    this.spent = isPassedOn && end - start === bytes.length;
  }

  /**
   * Bytes have come from the client, in a buffer of their own.
   * @returns whether nobody will look at them again
   */
  take(bytes: Buffer): boolean {
    this.spent = false;
    try {
      this.onData(bytes);
    } catch (error) {
      this.core.onInternalError(error);
      this.socket.destroy();
    }
    return this.spent;
  }

  private onData(bytes: Buffer): void {
    if (this.closing) return;
    if (this.tunnel !== null) return this.tunnel.onClientData(bytes);
    const input = this.held === null ? bytes : Buffer.concat([this.held, bytes]);
    this.held = null;
    if (this.exchange !== null && this.body.done) return this.holdBack(input, 0);
    this.consume(input);
  }

  /** A request that comes while another is being answered waits, and so does the socket. */
  private holdBack(bytes: Buffer, start: number): void {
    if (start === bytes.length) return;
    this.held = start === 0 ? bytes : bytes.subarray(start);
    this.socket.pause();
  }

  private consume(bytes: Buffer): void {
    this.consuming = true;
    let p = 0;
    while (p < bytes.length && !this.closing) {
      // A client that sends requests and reads no answers must not fill our memory.
      if (this.exchange === null && this.socket.writableNeedDrain) {
        this.holdBack(bytes, p);
        break;
      }
      p = this.exchange === null ? this.readHead(bytes, p) : this.readBody(bytes, p);
      if (p < 0) break;
      if (this.exchange === null || !this.body.done) continue;
      this.holdBack(bytes, p);
      break;
    }
    this.consuming = false;
  }

  /** @returns position after the bytes that were used, -1 when there is nothing more to do with them now */
  private readHead(bytes: Buffer, start: number): number {
    const now = performance.now();
    if (this.headStartedAt === 0) this.headStartedAt = now;
    const head = this.core.heads.take();
    const bodyStart = head.parse(bytes, start, bytes.length);
    if (bodyStart === REFUSED) {
      if (head.fault === FAULTS.version && this.mayBecomeHttp2(bytes, start)) this.becomeHttp2(bytes, start);
      else this.refuse(head.fault, head);
      return -1;
    }
    if (bodyStart === NEED_MORE) {
      this.core.heads.give(head);
      this.held = start === 0 ? bytes : bytes.subarray(start);
      this.deadlineAt = this.headStartedAt + this.core.settings.requestHeadTimeoutMs;
      return -1;
    }
    return this.startExchange(head, bytes, bodyStart);
  }

  /** Only with its first octets can a client say that it speaks HTTP/2 (RFC 9113 section 3.3); over TLS it says so in the handshake. */
  private mayBecomeHttp2(bytes: Buffer, start: number): boolean {
    return (
      start === 0 &&
      this.socket.bytesRead === bytes.length &&
      !('encrypted' in this.socket) &&
      startsWithPreface(bytes, start)
    );
  }

  private becomeHttp2(bytes: Buffer, start: number): void {
    this.held = bytes.subarray(start);
    this.switchTo(this.core.http2.takeOver(this.socket, this.core));
  }

  private startExchange(head: RequestHead, bytes: Buffer, bodyStart: number): number {
    const exchange = new Exchange(this.core, this, head, this.headStartedAt);
    this.exchange = exchange;
    this.saidLast = !head.persistent;
    this.headStartedAt = 0;
    this.body.start(head.bodyKind, head.contentLength);
    this.deadlineAt = this.body.done ? NEVER : performance.now() + this.core.settings.bodyIdleTimeoutMs;
    exchange.decide();
    // Body bytes that came with the head are taken first, so that a small request goes out in one write.
    const p = this.readBody(bytes, bodyStart);
    if (p >= 0 && this.exchange === exchange) exchange.start();
    return p;
  }

  private readBody(bytes: Buffer, start: number): number {
    if (this.body.done) return start;
    const p = this.body.read(bytes, start, bytes.length, this);
    if (p === REFUSED) {
      this.core.counters.increment(`protocol_error.request.${this.body.fault.kind}`);
      this.exchange?.onRequestFault(gatewayAnswer(this.body.fault.code, 'bad_request', this.body.fault.detail));
      return -1;
    }
    if (!this.body.done) {
      if (!this.socket.isPaused()) this.deadlineAt = performance.now() + this.core.settings.bodyIdleTimeoutMs;
      return p;
    }
    this.deadlineAt = NEVER;
    this.exchange?.onRequestComplete();
    if (this.exchange?.isDone) this.nextRequest();
    return p;
  }

  /** Answers what cannot be a request and closes: nobody knows where the next one would start. */
  private refuse(fault: ProtocolFault, head: RequestHead): void {
    this.core.counters.increment(`protocol_error.request.${fault.kind}`);
    const exchange = new Exchange(this.core, this, head, this.headStartedAt);
    this.exchange = exchange;
    exchange.answerAndClose(gatewayAnswer(fault.code, 'bad_request', fault.detail));
  }

  private nextRequest(): void {
    this.release();
    if (this.core.draining) return this.closeGracefully();
    this.deadlineAt = this.core.sweeper.now + this.core.settings.keepAliveTimeoutMs;
    if (!this.consuming) this.continueWithHeld();
  }

  private continueWithHeld(): void {
    const { held } = this;
    this.held = null;
    if (held !== null) this.consume(held);
    if (this.held === null && this.socket.isPaused()) this.socket.resume();
  }

  private release(): void {
    this.exchange?.release();
    this.exchange = null;
  }

  private onDrain(): void {
    if (this.tunnel !== null) this.tunnel.onClientDrain();
    else if (this.exchange !== null) this.exchange.onClientDrain();
    else if (this.held !== null && !this.closing) this.continueWithHeld();
  }

  private onEnd(): void {
    this.ended = true;
    if (this.tunnel !== null) return this.tunnel.onClientEnd();
    if (this.closing) {
      if (this.socket.writableFinished) this.socket.destroy();
      return;
    }
    // The end of a client's side after a whole request is no abort: it waits for its answer (RFC 9112 section 9.6).
    if (this.exchange !== null && this.body.done) return this.watchPeer();
    if (this.exchange !== null || this.held !== null) this.socket.destroy();
    else this.closeGracefully();
  }

  /** The socket's client may be waiting, or gone: see `PeerWatch`. */
  private watchPeer(): void {
    const { remoteAddress = '', localAddress = '' } = this.socket;
    if (remoteAddress === localAddress || isLoopback(this.peerAddress)) this.core.peerWatch.watch(this);
  }

  onPeerGone(): void {
    this.socket.destroy();
  }

  get remotePort(): number {
    return this.socket.remotePort ?? 0;
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  private onClose(): void {
    this.core.sweeper.delete(this.swept);
    this.core.peerWatch.unwatch(this);
    this.closing = true;
    this.tunnel?.onClientClosed();
    this.exchange?.onClientGone();
    this.release();
  }

  private onDeadline(): void {
    this.deadlineAt = NEVER;
    if (this.closing) {
      this.socket.destroy();
    } else if (this.exchange !== null) {
      this.core.counters.increment('timeout.request_body');
      this.exchange.onRequestFault(ANSWERS.requestTimeout);
    } else if (this.held !== null) {
      this.core.counters.increment('timeout.request_head');
      this.exchange = new Exchange(this.core, this, this.core.heads.take(), this.headStartedAt);
      this.exchange.answerAndClose(ANSWERS.requestTimeout);
    } else {
      this.closeGracefully();
    }
  }
}
