import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '#server/kernel/app-error.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';

/** Refuses what is no request at all, so that no route and no hook ever sees it: with a problem body too, and the connection ends. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, requestId: string): void {
  // A connection that broke hears nothing any more.
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const problem = toProblem(refusalOf(error), requestId);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function refusalOf(cause: NodeJS.ErrnoException): AppError {
  return cause.code === 'HPE_HEADER_OVERFLOW'
    ? new AppError('request.headers_too_large', 'The path and the headers together are over 16 KiB.', { cause })
    : new AppError('request.malformed', 'This is not a valid HTTP request.', { cause });
}
