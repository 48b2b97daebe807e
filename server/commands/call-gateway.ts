import { request as httpRequest, type IncomingMessage } from 'node:http';
import { AppError } from '#server/kernel/app-error.ts';

/** One request to the gateway on this host. */
export interface GatewayRequest {
  port: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  signal: AbortSignal;
}

export interface GatewayAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** First byte out to last byte in. */
  durationMs: number;
  /** The body was cut at a limit. */
  truncated: boolean;
}

/** Enough for people to look at; programs call the gateway themselves. */
const MAX_ANSWER_BYTES = 8 * 2 ** 20;
/** A stream that goes on for longer than this is shown up to here. */
const MAX_DURATION_MS = 120_000;

/**
 * Calls the gateway over loopback and collects the answer up to a size and a time.
 * @throws AppError `gateway.unavailable`, or `request.invalid` for a path or header that HTTP does not allow
 */
export async function callGateway(request: GatewayRequest): Promise<GatewayAnswer> {
  const startedAt = performance.now();
  const deadline = AbortSignal.timeout(MAX_DURATION_MS);
  const response = await open(request, AbortSignal.any([request.signal, deadline]));
  const { body, truncated } = await collect(response);
  return {
    status: response.statusCode ?? 0,
    headers: plainHeaders(response),
    body,
    durationMs: performance.now() - startedAt,
    truncated,
  };
}

function open({ port, method, path, headers, body }: GatewayRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(translate(cause));
    try {
      const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, headers, signal, agent: false }, resolve);
      outgoing.on('error', fail);
      outgoing.end(body);
    } catch (cause) {
      fail(cause);
    }
  });
}

async function collect(response: IncomingMessage): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const room = MAX_ANSWER_BYTES - size;
      chunks.push(chunk.subarray(0, room));
      size += Math.min(chunk.length, room);
      if (chunk.length > room) return { body: Buffer.concat(chunks), truncated: true };
    }
    return { body: Buffer.concat(chunks), truncated: false };
  } catch {
    // The time was over, or the model broke off: what came is shown, and that it is not all.
    return { body: Buffer.concat(chunks), truncated: true };
  } finally {
    response.destroy();
  }
}

function plainHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]);
  return Object.fromEntries(entries) as Record<string, string>;
}

const CALLER_FAULTS = new Set(['ERR_UNESCAPED_CHARACTERS', 'ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN']);

function translate(cause: unknown): AppError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (CALLER_FAULTS.has(code ?? ''))
    return new AppError('request.invalid', `HTTP does not allow this: ${message}.`, { cause });
  const text = `The gateway gave no answer (${code ?? message}). It is restarted by itself; try again in a moment.`;
  return new AppError('gateway.unavailable', text, { cause });
}
