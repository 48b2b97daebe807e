import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_UNWANTED_BYTES = 64 * 2 ** 20;
const MAX_UNWANTED_MS = 10_000;

/**
 * Ends an answer whose head is written and whose request is still on its way: the body goes out at once, the connection closes when the
 * caller has sent the rest. Closed over bytes that nobody has read it would be reset, and a reset takes the answer with it (RFC 9112
 * section 9.6). What is unwanted is read only so long, and only so much.
 */
export function answerEarly(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  maxBytes = MAX_UNWANTED_BYTES,
): void {
  let left = maxBytes;
  const timer = setTimeout(end, MAX_UNWANTED_MS);
  function end(): void {
    clearTimeout(timer);
    response.end();
  }
  response.write(body);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.once('end', end);
  request.once('close', end);
}
