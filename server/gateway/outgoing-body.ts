import type { ByteWriter } from './http1/byte-writer.ts';
import { type UpstreamRequest, upstreamHeadBound, writeUpstreamHead } from './upstream-request.ts';
import type { Upstream, UpstreamSocket } from './upstream-connection.ts';
import { chunkedBound, writeChunk, writeLastChunk } from './write-chunk.ts';

/** Bodies up to this size are copied behind their head, so that both leave in one write; copying more costs more than it saves. */
const COMBINE_BYTES = 16 * 1024;

/**
 * The body of a request on its way to an instance: what waits to be sent, or has been sent and may have to be sent again, and how it is
 * framed on the wire.
 */
export class OutgoingBody {
  private readonly writer: ByteWriter;
  private readonly chunked: boolean;
  private held: Buffer[] = [];
  private heldCount = 0;

  constructor(writer: ByteWriter, chunked: boolean) {
    this.writer = writer;
    this.chunked = chunked;
  }

  get pieces(): readonly Buffer[] {
    return this.held;
  }

  get heldBytes(): number {
    return this.heldCount;
  }

  keep(bytes: Buffer, start: number, end: number): void {
    this.held.push(bytes.subarray(start, end));
    this.heldCount += end - start;
  }

  forget(): void {
    if (this.heldCount === 0) return;
    this.held = [];
    this.heldCount = 0;
  }

  /** Sends the head and everything that is held. @param complete nothing follows */
  sendWithHead(upstream: Upstream, request: UpstreamRequest, complete: boolean): void {
    const { writer, held } = this;
    const { socket } = upstream;
    if (this.heldCount > COMBINE_BYTES) return this.sendApart(socket, request, complete);
    writer.begin(upstreamHeadBound(request) + chunkedBound(this.heldCount, held.length));
    writeUpstreamHead(writer, request);
    for (const piece of held) {
      if (this.chunked) writeChunk(writer, piece, 0, piece.length);
      else writer.bytes(piece);
    }
    if (this.chunked && complete) writeLastChunk(writer, null);
    socket.write(writer.take());
    if (upstream.hasTakenAll) writer.reclaim();
  }

  private sendApart(socket: UpstreamSocket, request: UpstreamRequest, complete: boolean): void {
    const { writer } = this;
    socket.cork();
    writer.begin(upstreamHeadBound(request));
    writeUpstreamHead(writer, request);
    socket.write(writer.take());
    for (const piece of this.held) this.send(socket, piece, 0, piece.length);
    if (complete) this.sendEnd(socket);
    socket.uncork();
  }

  /** @returns false when the instance reads slower than it is written to */
  send(socket: UpstreamSocket, bytes: Buffer, start: number, end: number): boolean {
    const { writer } = this;
    if (!this.chunked) return socket.write(bytes.subarray(start, end));
    if (end - start <= COMBINE_BYTES) {
      writer.begin(chunkedBound(end - start, 1));
      writeChunk(writer, bytes, start, end);
      return socket.write(writer.take());
    }
    socket.cork();
    socket.write(`${(end - start).toString(16)}\r\n`, 'latin1');
    socket.write(bytes.subarray(start, end));
    const flowing = socket.write('\r\n', 'latin1');
    socket.uncork();
    return flowing;
  }

  /** Says that nothing follows, where the framing needs it. */
  sendEnd(socket: UpstreamSocket): void {
    if (this.chunked) socket.write('0\r\n\r\n', 'latin1');
  }
}
