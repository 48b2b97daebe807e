import { constants, type ServerHttp2Stream } from 'node:http2';
import type { KeyChecker } from '../authenticate.ts';
import { type ClientResponse, formatGatewayAnswer, formatOwnHead } from '../client-response.ts';
import { NEVER } from '../deadline-sweeper.ts';
import { Exchange } from '../exchange.ts';
import type { ExchangeClient } from '../exchange-client.ts';
import { ANSWERS, type GatewayAnswer, gatewayAnswer } from '../gateway-answer.ts';
import type { GatewayCore } from '../gateway-core.ts';
import { BodyReader, type BodySink } from '../http1/body-reader.ts';
import { type FieldTable, REFUSED } from '../http1/field-table.ts';
import { BODY_NONE } from '../http1/message-framing.ts';
import type { Place } from '../roster.ts';
import { acceptsTrailers } from '../upstream-request.ts';
import { type ComposedRequest, composeRequest } from './compose-request.ts';
import { encodeGrpcMessage, grpcStatusOfAnswer, grpcStatusOfCut, httpStatusOfGrpc, parseGrpcTimeout } from './grpc.ts';
import { fieldObject, type OwnHead, readOwnHead } from './own-message.ts';

/** Answers that end with their head (RFC 9110 sections 15.3.5, 15.3.6, 15.4.5); `node:http2` takes no body for them. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Node adds a Date of its own where it is not told otherwise; the types do not know. */
const KEEP_FIELDS = { sendDate: false };

/** What the streams of one connection share. */
export interface StreamOwner {
  readonly core: GatewayCore;
  readonly peerAddress: string;
  readonly keys: KeyChecker;
  readonly connectionLines: Buffer;
  /** The stream is over. @param early it ended before its answer was complete, and not by us */
  onStreamGone(stream: ClientStream, early: boolean): void;
  /** Octets of a request have come. */
  onWork(): void;
}

/**
 * One stream of a client that speaks HTTP/2: its request goes to an Exchange as HTTP/1.1, and what the Exchange writes in HTTP/1.1 is taken apart into
 * frames. Framing, flow control and the rules of streams are nghttp2's (RFC 9113 sections 4 to 6, 8.1).
 */
export class ClientStream implements ExchangeClient, BodySink {
  readonly isGrpc: boolean;
  /** Others share the connection. */
  readonly socket = null;
  readonly ended = false;
  /** What is left of a request is told to the client to be unwanted: it costs the connection nothing. */
  readonly restIsSmall = true;
  requestComplete: boolean;
  private readonly stream: ServerHttp2Stream;
  private readonly owner: StreamOwner;
  private readonly exchange: Exchange;
  private readonly answer = new BodyReader();
  private readonly callDeadlineAt: number;
  /** Its owner's. */
  place: Place<ClientStream> | null = null;
  private headSent = false;
  private waitsForTrailers = false;
  private begun = false;
  /** What ends the answer in fields, once that is known. */
  private trailers: readonly string[] = [];
  private deadlineAt = NEVER;
  private answered = false;

  /** @param complete the request has no body. @returns null when it is malformed; the stream is reset then */
  static open(
    owner: StreamOwner,
    stream: ServerHttp2Stream,
    fields: readonly string[],
    complete: boolean,
  ): ClientStream | null {
    const request = composeRequest(fields, complete, owner.core.domain);
    if (request !== null) return new ClientStream(owner, stream, request, complete);
    owner.core.counters.increment('protocol_error.request.http2_fields');
    stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
    return null;
  }

  private constructor(owner: StreamOwner, stream: ServerHttp2Stream, request: ComposedRequest, complete: boolean) {
    const { core } = owner;
    const now = performance.now();
    this.owner = owner;
    this.stream = stream;
    this.isGrpc = request.isGrpc;
    this.callDeadlineAt = now + ((request.isGrpc ? parseGrpcTimeout(request.grpcTimeout) : null) ?? NEVER);
    const head = core.heads.take();
    const isParsed = head.parse(request.octets, 0, request.octets.length) > 0;
    this.requestComplete = complete || (isParsed && head.bodyKind === BODY_NONE);
    this.exchange = new Exchange(core, this, head, now);
    this.listen();
    if (!isParsed) {
      core.counters.increment(`protocol_error.request.${head.fault.kind}`);
      this.exchange.answerAndClose(gatewayAnswer(head.fault.code, 'bad_request', head.fault.detail));
    } else if (request.lacksEndpoint) {
      this.exchange.answerAndClose(ANSWERS.noGrpcEndpoint);
    } else {
      this.accept(head.expectsContinue);
    }
  }

  get peerAddress(): string {
    return this.owner.peerAddress;
  }

  get keys(): KeyChecker {
    return this.owner.keys;
  }

  get connectionLines(): Buffer {
    return this.owner.connectionLines;
  }

  sweep(now: number): void {
    if (this.deadlineAt <= now) this.onDeadline();
    else if (!this.exchange.isDone && this.callDeadlineAt <= now) this.onCallDeadline();
    else this.exchange.sweep(now);
  }

  // From the exchange.

  write(octets: Buffer | string): boolean {
    const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
    // A client that is gone is told of by 'close', a moment later.
    if (this.stream.closed || this.stream.destroyed || this.answered) return true;
    let p = 0;
    while (!this.headSent && p < bytes.length) p = this.sendHead(bytes, p);
    if (p < bytes.length && this.answer.read(bytes, p, bytes.length, this) === REFUSED) {
      throw new Error(`An answer was written wrongly: ${this.answer.fault.kind}`);
    }
    if (this.answer.done && this.answer.trailers !== null) this.takeTrailers(this.answer.trailers);
    return !this.stream.writableNeedDrain;
  }

  onBodyData(bytes: Buffer, start: number, end: number): void {
    this.stream.write(bytes.subarray(start, end));
  }

  // What is written in one turn leaves in as few frames as there can be without being asked to.
  cork(): void {}
  uncork(): void {}

  sendAnswer(answer: GatewayAnswer, response: ClientResponse, toHead: boolean): number {
    const message = this.isGrpc
      ? formatGrpcAnswer(answer, response)
      : formatGatewayAnswer(answer, response, toHead, this.owner.core.date());
    this.write(message);
    return message.length;
  }

  pauseReading(): void {
    this.deadlineAt = NEVER;
    this.stream.pause();
  }

  resumeReading(): void {
    this.awaitBody();
    this.stream.resume();
  }

  /** The stream ends; what the client may still send of its request it is told to keep (RFC 9113 section 8.1). */
  onResponseDone(): void {
    this.answered = true;
    this.deadlineAt = performance.now() + this.owner.core.settings.streamIdleTimeoutMs;
    if (this.stream.closed || this.stream.destroyed) return;
    this.stream.end();
    this.stream.resume();
    if (!this.requestComplete && !this.waitsForTrailers) this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  closeGracefully(): void {
    this.answered = true;
    this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  /** A call of gRPC can end with a status at any time; any other answer is reset. */
  cut(): void {
    if (!this.isGrpc || !this.headSent) return this.reset(new Error('the answer is not whole'));
    const { status, message } = grpcStatusOfCut(this.exchange.reason);
    this.trailers = ['grpc-status', String(status), 'grpc-message', encodeGrpcMessage(message)];
    this.onResponseDone();
  }

  switchTo(): never {
    throw new Error('A stream cannot become a tunnel.');
  }

  // The request.

  private listen(): void {
    const { stream } = this;
    stream.on('data', (bytes: Buffer) => this.guard(() => this.onData(bytes)));
    stream.on('end', () => this.guard(() => this.onEnd()));
    stream.on('drain', () => this.guard(() => this.exchange.onClientDrain()));
    stream.on('wantTrailers', () => this.guard(() => this.sendTrailers()));
    // 'close' follows and does what is to be done.
    stream.on('error', () => undefined);
    stream.on('close', () => this.guard(() => this.onClose()));
  }

  /** A request whose body is on its way is started with the first piece of it, so that a small one goes out in one write. */
  private accept(expectsContinue: boolean): void {
    this.exchange.decide();
    this.awaitBody();
    if (this.requestComplete || expectsContinue) this.begin();
    else setImmediate(() => this.guard(() => this.begin()));
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    if (!this.exchange.isDone) this.exchange.start();
  }

  private onData(bytes: Buffer): void {
    this.owner.onWork();
    if (this.answered) return;
    if (!this.stream.isPaused()) this.awaitBody();
    this.exchange.onRequestData(bytes, 0, bytes.length);
    this.begin();
  }

  private onEnd(): void {
    // A stream that is reset ends too, and its body must not look whole.
    if (this.requestComplete || this.stream.aborted || this.stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
    this.requestComplete = true;
    this.deadlineAt = this.answered ? this.deadlineAt : NEVER;
    this.exchange.onRequestComplete();
    this.begin();
  }

  /** Silence in the middle of a body is bounded; in a call of gRPC it is a part of the conversation, and may be longer. */
  private awaitBody(): void {
    if (this.requestComplete || this.answered) return;
    const { bodyIdleTimeoutMs, tunnelIdleTimeoutMs } = this.owner.core.settings;
    this.deadlineAt = performance.now() + (this.isGrpc ? tunnelIdleTimeoutMs : bodyIdleTimeoutMs);
  }

  private onDeadline(): void {
    this.deadlineAt = NEVER;
    if (this.answered) {
      // The client does not take the rest of an answer that is complete.
      this.stream.close(constants.NGHTTP2_CANCEL);
    } else {
      this.owner.core.counters.increment('timeout.request_body');
      this.exchange.onRequestFault(ANSWERS.requestTimeout);
    }
  }

  private onCallDeadline(): void {
    this.owner.core.counters.increment('timeout.grpc_deadline');
    this.exchange.onRequestFault(ANSWERS.deadlineExceeded);
  }

  private onClose(): void {
    const early = !this.exchange.isDone;
    this.deadlineAt = NEVER;
    this.answered = true;
    this.exchange.onClientGone();
    this.exchange.release();
    this.owner.onStreamGone(this, early);
  }

  // The answer.

  /** @returns position behind the head */
  private sendHead(bytes: Buffer, start: number): number {
    const head = readOwnHead(bytes, start);
    const status = Number(head.startLine.slice(9, 12));
    if (status < 200) this.stream.additionalHeaders({ ':status': status, ...fieldObject(head.fields) });
    else this.respond(status, head);
    return head.end;
  }

  private respond(status: number, head: OwnHead): void {
    this.headSent = true;
    const request = this.exchange.head;
    const kind = request.method === 'HEAD' || WITHOUT_BODY.has(status) ? BODY_NONE : head.bodyKind;
    this.answer.start(kind, head.contentLength);
    const endStream = kind === BODY_NONE;
    const waitForTrailers = !endStream && (this.isGrpc || acceptsTrailers(request.fields));
    this.waitsForTrailers = waitForTrailers;
    if (this.isGrpc && endStream) this.noteGrpcStatus(head.fields);
    const options = { ...KEEP_FIELDS, endStream, waitForTrailers };
    this.stream.respond(
      [':status', String(status), ...(status === 205 ? withoutLength(head.fields) : head.fields)],
      options,
    );
  }

  private takeTrailers(table: FieldTable): void {
    const fields: string[] = [];
    for (let line = 0; line < table.count; line += 1) {
      const name = table.bytes.toString('latin1', table.lineStart(line), table.nameEnd(line)).toLowerCase();
      fields.push(name, table.value(line));
    }
    this.trailers = fields;
    if (this.isGrpc) this.noteGrpcStatus(fields);
  }

  /** What a call came to stands in its record as the status of HTTP that says the same. */
  private noteGrpcStatus(fields: readonly string[]): void {
    const at = fields.indexOf('grpc-status');
    if (at >= 0 && at % 2 === 0) this.exchange.status = httpStatusOfGrpc(fields[at + 1] as string);
  }

  private sendTrailers(): void {
    if (this.stream.closed || this.stream.destroyed) return;
    this.stream.sendTrailers(fieldObject(this.trailers));
    if (this.requestComplete) return;
    // Trailers are sent in a turn of their own; a reset must not overtake them.
    setImmediate(() => this.stream.close(constants.NGHTTP2_NO_ERROR));
  }

  /** A fault of ours costs the stream that it happened on. */
  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.owner.core.onInternalError(error);
      this.reset(error as Error);
    }
  }

  /** Unlike `close`, which ends the stream before it resets it: half an answer would look whole for a moment, and some clients look no further. */
  private reset(error: Error): void {
    this.answered = true;
    this.stream.destroy(error);
  }
}

/** A 205 has no body, whatever a model has said: its length would be a lie in HTTP/2. */
function withoutLength(fields: readonly string[]): string[] {
  const at = fields.findIndex((name, i) => i % 2 === 0 && name === 'content-length');
  return at < 0 ? [...fields] : fields.toSpliced(at, 2);
}

/** An answer without messages: its status stands in the head, which is also its end (grpc/grpc `doc/PROTOCOL-HTTP2.md`, "Trailers-Only"). */
function formatGrpcAnswer(answer: GatewayAnswer, response: ClientResponse): string {
  const pushback =
    answer.retryAfterSeconds === undefined ? '' : `grpc-retry-pushback-ms: ${answer.retryAfterSeconds * 1000}\r\n`;
  const lines =
    `content-type: application/grpc\r\ngrpc-status: ${grpcStatusOfAnswer(answer)}\r\n` +
    `grpc-message: ${encodeGrpcMessage(answer.detail)}\r\nviridian-error-code: ${answer.code}\r\n${pushback}`;
  return formatOwnHead(200, lines + (answer.fieldLines ?? ''), response);
}
