import type { FastifyReply } from 'fastify';

/** Often enough that a proxy with a 30 s idle limit keeps the stream open. */
const HEARTBEAT_MS = 15_000;
/** A reader that lets this much pile up is cut off; it resumes from its last id. */
const MAX_BUFFERED_BYTES = 1 << 20;

export interface EventStream {
  /** Tells the reader the position before the first event: an id without data sets it and dispatches nothing. */
  start(id: string): void;
  send(event: { id?: string; name: string; data: unknown }): void;
  close(): void;
  readonly signal: AbortSignal;
}

/**
 * Turns a reply into a stream of Server-Sent Events (HTML standard section 9.2), flushed event by event, with a comment as heartbeat.
 */
export function openEventStream(reply: FastifyReply, signal: AbortSignal): EventStream {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  raw.write(': open\n\n');
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);

  function write(text: string): void {
    if (raw.writableEnded || raw.destroyed) return;
    raw.write(text);
    if (raw.writableLength > MAX_BUFFERED_BYTES) raw.destroy();
  }
  function close(): void {
    clearInterval(heartbeat);
    if (!raw.writableEnded) raw.end();
  }
  signal.addEventListener('abort', close, { once: true });
  return {
    signal,
    close,
    start: (id) => write(`id: ${id}\n\n`),
    // Data is JSON, which holds no line break, so one data line is enough.
    send: ({ id, name, data }) =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
  };
}
