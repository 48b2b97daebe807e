import { PIECES } from './piece-pool.ts';
import {
  type ClientFraming,
  type ModelResponse,
  modelResponseBound,
  writeInterimResponse,
  writeModelResponse,
  writeSwitchingProtocols,
} from './client-response.ts';
import type { Exchange } from './exchange.ts';
import type { Forward } from './forward.ts';
import { BodyReader, type BodySink } from './http1/body-reader.ts';
import { NEED_MORE, REFUSED } from './http1/field-table.ts';
import { BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from './http1/message-framing.ts';
import type { ResponseHead } from './http1/response-head.ts';
import type { FinishedRequest } from './record.ts';
import type { DeploymentRoute, EndpointRoute } from './route-index.ts';
import { acceptsTrailers } from './upstream-request.ts';
import { chunkedBound, writeChunk, writeLastChunk } from './write-chunk.ts';

const COMBINE_BYTES = 16 * 1024;
const MAX_INTERIM = 16;
/** Smallest piece that a chunk of an answer can arrive in: one octet with its size line and line ends. */
const SMALLEST_CHUNK = 6;

/**
 * Passes a model's answer on to the client: the head rewritten, the body octet for octet, at once and with back-pressure. Until the head of the
 * final answer has gone out every failure still becomes a clean error; afterwards it cuts the client's connection.
 */
export class ResponseRelay implements BodySink {
  private readonly exchange: Exchange;
  private readonly forward: Forward;
  private readonly body = new BodyReader();
  private held: Buffer | null = null;
  private framing: ClientFraming = 'none';
  private persistent = false;
  private keepAlive = false;
  private interims = 0;
  /** Body octets go into the writer instead of to the socket. */
  private combining = false;
  private flowing = true;
  /** Some byte of an answer has come. */
  hasBytes = false;

  constructor(exchange: Exchange, forward: Forward) {
    this.exchange = exchange;
    this.forward = forward;
  }

  /** `bytes[0, end)` has come, in a buffer that is used again afterwards. */
  onData(bytes: Buffer, end: number): void {
    this.hasBytes = true;
    if (this.forward.responseStarted) return this.relayBody(bytes, 0, end, false);
    if (this.held === null) return this.readHeads(bytes, end);
    const joined = Buffer.concat([this.held, bytes.subarray(0, end)]);
    this.readHeads(joined, joined.length);
  }

  /** The model will send nothing more. */
  onEnd(): void {
    if (this.body.kind === BODY_UNTIL_CLOSE) this.completeAtClose();
    else this.cut('upstream_closed');
  }

  onClosed(): void {
    this.cut('upstream_closed');
  }

  cut(reason: FinishedRequest['reason']): void {
    this.exchange.cut(reason, this.framing === 'until_close');
  }

  onBodyData(bytes: Buffer, start: number, end: number): void {
    const { core, client, head } = this.exchange;
    if (head.method === 'HEAD') return;
    this.exchange.comparison?.onBody(bytes, start, end);
    if (this.combining) {
      if (this.framing === 'chunked') writeChunk(core.writer, bytes, start, end);
      else core.writer.copy(bytes, start, end);
      return;
    }
    this.exchange.bytesOut += end - start;
    if (this.framing === 'chunked') client.write(`${(end - start).toString(16)}\r\n`);
    this.flowing = client.write(bytes.subarray(start, end));
    if (this.framing === 'chunked') this.flowing = client.write('\r\n');
  }

  private readHeads(bytes: Buffer, end: number): void {
    const { responseHead } = this.exchange.core;
    const toHead = this.exchange.head.method === 'HEAD';
    this.held = null;
    let p = 0;
    for (;;) {
      const next = responseHead.parse(bytes, p, end, toHead);
      if (next === NEED_MORE) {
        this.held = Buffer.from(bytes.subarray(p, end));
        return;
      }
      if (next === REFUSED) return this.forward.onBadResponse(responseHead.fault.kind);
      if (responseHead.status >= 200) return this.startRelay(responseHead, bytes, next, end);
      if (responseHead.status === 101) return this.switchProtocols(bytes.subarray(next, end));
      if (!this.relayInterim(responseHead)) return;
      if (next === end) return;
      p = next;
    }
  }

  /** @returns false when the model sends more of them than anybody could mean */
  private relayInterim(head: ResponseHead): boolean {
    const { exchange } = this;
    this.interims += 1;
    if (this.interims > MAX_INTERIM) {
      this.forward.onBadResponse('too_many_interim');
      return false;
    }
    if (head.status === 100) {
      this.forward.onContinue();
      if (!exchange.head.expectsContinue || exchange.client.requestComplete) return true;
    }
    if (exchange.head.minorVersion === 0) return true;
    const { writer } = exchange.core;
    writer.begin(head.fields.byteLength + 128);
    writeInterimResponse(writer, head);
    exchange.client.write(writer.take());
    return true;
  }

  private startRelay(head: ResponseHead, bytes: Buffer, bodyStart: number, end: number): void {
    const { exchange, forward } = this;
    this.persistent = head.persistent;
    this.body.start(head.bodyKind, head.contentLength);
    this.framing = this.clientFraming(head);
    this.keepAlive = exchange.mayKeepAlive() && this.framing !== 'until_close' && exchange.client.requestComplete;
    exchange.setConnection(this.keepAlive);
    exchange.status = this.clientStatus(head.status);
    exchange.comparison?.onHead(head);
    forward.noteKeepAlive(head);
    forward.onResponseStarted();
    this.relayBody(bytes, bodyStart, end, true);
  }

  /** The answer's framing is made anew for the client: HTTP/1.0 knows no chunks. */
  private clientFraming(head: ResponseHead): ClientFraming {
    if (head.bodyKind === BODY_NONE) return 'none';
    if (head.bodyKind === BODY_LENGTH) return 'length';
    return this.exchange.head.minorVersion === 0 ? 'until_close' : 'chunked';
  }

  /** Endpoints may ask for the original's mapping: whatever is not 200 is the model's failure. */
  private clientStatus(status: number): number {
    return (this.exchange.endpoint as EndpointRoute).table.mapModelErrors && status !== 200 ? 424 : status;
  }

  /** Passes on what has come of the body, behind the head when that has not gone out yet. */
  private relayBody(bytes: Buffer, start: number, end: number, withHead: boolean): void {
    this.flowing = true;
    const next =
      end - start <= COMBINE_BYTES
        ? this.relaySmall(bytes, start, end, withHead)
        : this.relayLarge(bytes, start, end, withHead);
    if (next === REFUSED) return this.refuseBody();
    if (this.body.done) return this.complete(next < end);
    this.forward.touch();
    if (!this.flowing) this.forward.pauseUpstream();
  }

  /** Head and piece in a single write. */
  private relaySmall(bytes: Buffer, start: number, end: number, withHead: boolean): number {
    const { writer } = this.exchange.core;
    const rest = end - start;
    const response = withHead ? this.describeResponse() : null;
    const chunks =
      this.framing === 'chunked' ? chunkedBound(rest, Math.ceil(rest / SMALLEST_CHUNK)) + MAX_TRAILERS : rest;
    writer.begin((response === null ? 0 : modelResponseBound(response)) + chunks);
    if (response !== null) writeModelResponse(writer, response);
    this.combining = true;
    const next = this.body.read(bytes, start, end, this);
    if (next !== REFUSED && this.body.done) this.endChunks();
    this.combining = false;
    this.write(writer.take());
    if (this.exchange.client.socket?.writableLength === 0) writer.reclaim();
    return next;
  }

  /** The piece as it is, in a copy that the socket may keep. */
  private relayLarge(bytes: Buffer, start: number, end: number, withHead: boolean): number {
    const { writer } = this.exchange.core;
    const { client } = this.exchange;
    const piece = PIECES.copy(bytes, start, end);
    client.cork();
    if (withHead) {
      const response = this.describeResponse();
      writer.begin(modelResponseBound(response));
      writeModelResponse(writer, response);
      this.write(writer.take());
    }
    const next = this.body.read(piece, 0, end - start, this);
    if (next !== REFUSED && this.body.done) this.endChunks();
    client.uncork();
    // The kernel has taken it all; otherwise the socket still needs the piece.
    if (client.socket?.writableLength === 0) PIECES.giveBack(piece);
    return next === REFUSED ? REFUSED : start + next;
  }

  private write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.exchange.bytesOut += bytes.length;
    this.flowing = this.exchange.client.write(bytes);
  }

  private endChunks(): void {
    if (this.framing !== 'chunked') return;
    const { writer } = this.exchange.core;
    const trailers = acceptsTrailers(this.exchange.head.fields) ? this.body.trailers : null;
    if (this.combining) return writeLastChunk(writer, trailers);
    writer.begin(MAX_TRAILERS);
    writeLastChunk(writer, trailers);
    this.write(writer.take());
  }

  private refuseBody(): void {
    this.exchange.core.counters.increment(`protocol_error.response.${this.body.fault.kind}`);
    this.cut('bad_response');
  }

  /** @param leftover the model sent more than its answer: nothing may be read from that connection again */
  private complete(leftover: boolean): void {
    const { exchange, keepAlive } = this;
    if (leftover) exchange.core.counters.increment('protocol_error.response.bytes_after_answer');
    this.forward.onResponseComplete(this.persistent && !leftover);
    exchange.finishForwarded(exchange.status, keepAlive);
  }

  private completeAtClose(): void {
    if (this.framing === 'chunked') this.write(Buffer.from('0\r\n\r\n', 'latin1'));
    this.forward.onResponseComplete(false);
    this.exchange.finishForwarded(this.exchange.status, this.keepAlive);
  }

  /** @param early what came behind the model's `101` */
  private switchProtocols(early: Buffer): void {
    const { exchange } = this;
    if (!exchange.upgrade) return this.forward.onBadResponse('unsolicited_upgrade');
    const { writer } = exchange.core;
    exchange.status = 101;
    const response = this.describeResponse();
    writer.begin(modelResponseBound(response));
    writeSwitchingProtocols(writer, response);
    this.write(writer.take());
    this.forward.switchProtocols(early);
  }

  private describeResponse(): ModelResponse {
    const { exchange } = this;
    return {
      head: exchange.core.responseHead,
      status: exchange.status,
      framing: this.framing,
      deploymentLines: (exchange.deployment as DeploymentRoute).responseLines,
      requestId: exchange.requestId,
      clientRequestId: exchange.clientRequestId,
      corsOrigin: exchange.corsOrigin,
      connection: exchange.connection,
    };
  }
}

/** Trailer sections are limited to 8 KiB by the reader. */
const MAX_TRAILERS = 9 * 1024;
