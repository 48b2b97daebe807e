import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Problem } from '#lib/contracts/problem.ts';
import { reportSilence, studioHeaders } from './control-plane-client.ts';
import { controlPlaneDown, crossSite, notFound, signedOut } from './refusals.ts';
import { actsFromThisSite } from './request-origin.ts';
import type { SessionUser } from './session.ts';
import { loadStudioConfig } from './studio-config.ts';

/**
 * A connection for each request: on loopback it costs next to nothing, and a kept one may be closed by the other side in the moment of its
 * reuse, which would look like a control plane that is down.
 */
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });

/** Headers that belong to one connection (RFC 9110 section 7.6.1), and those that only the studio may set. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'cookie',
  'expect',
  'accept-encoding',
  'x-viridian-user',
]);

/** Aborted when this process is told to stop. */
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

/** Paths that answer without a credential. */
const PUBLIC_PATHS = new Set(['/api/v1/health', '/api/v1/openapi.json']);

/**
 * Carries a request of the browser, or of an API-key caller, to the control plane and streams both bodies: nothing is held back, so
 * uploads of any size and Server-Sent Events pass. An own `Authorization` is forwarded as it is; otherwise the session stands for the
 * caller, and then changes must come from the studio's own pages.
 */
export async function passThrough(request: Request, readSession: () => Promise<SessionUser | null>): Promise<Response> {
  const url = new URL(request.url);
  if (isInternal(url.pathname)) return problemResponse(notFound());
  const headers = forwardedHeaders(request);
  if (!headers['authorization'] && !PUBLIC_PATHS.has(url.pathname)) {
    const user = await readSession();
    if (!user) return problemResponse(signedOut());
    if (!actsFromThisSite({ method: request.method, header: (name) => request.headers.get(name) })) {
      return problemResponse(crossSite());
    }
    Object.assign(headers, studioHeaders(user.id));
  }
  try {
    return await forward(request, `${url.pathname}${url.search}`, headers);
  } catch (cause) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    reportSilence(`${request.method} ${url.pathname}`, cause);
    return problemResponse(controlPlaneDown());
  }
}

/**
 * Routes between the studio and the control plane, which the studio's token opens and so nobody may reach through here, however the path is
 * written. A path that cannot be read is treated as one of them.
 */
function isInternal(pathname: string): boolean {
  try {
    return /^\/+api\/+v1\/+internal(?![\w.-])/i.test(decodeURIComponent(pathname));
  } catch {
    return true;
  }
}

function forwardedHeaders(request: Request): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) if (!NOT_FORWARDED.has(name)) headers[name] = value;
  return headers;
}

async function forward(request: Request, path: string, headers: Record<string, string>): Promise<Response> {
  const upstream = httpRequest({
    host: '127.0.0.1',
    port: loadStudioConfig().apiPort,
    method: request.method,
    path,
    headers,
    agent,
    signal: request.signal,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve);
    upstream.once('error', reject);
  });
  if (request.body) {
    const sent = pipeline(Readable.fromWeb(request.body as NodeReadableStream), upstream);
    // A server that refuses early closes the connection; its answer, if it came, says more than the broken pipe.
    sent.catch(() => {});
  } else upstream.end();
  return responseOf(await answered, request.method);
}

function responseOf(answer: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index]!.toLowerCase();
    if (!NOT_FORWARDED.has(name)) headers.append(name, answer.rawHeaders[index + 1]!);
  }
  const isEventStream = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  // Compression on the way out would hold events back.
  if (isEventStream) headers.set('cache-control', 'no-cache, no-transform');
  const status = answer.statusCode ?? 502;
  const bodyless = method === 'HEAD' || status === 204 || status === 304;
  if (bodyless) answer.resume();
  const body = isEventStream ? untilStopped(answer) : answer;
  return new Response(bodyless ? null : (Readable.toWeb(body) as unknown as ReadableStream), { status, headers });
}

/** An event stream has no end of its own, and the server waits for every answer under way before it stops. */
function untilStopped(events: IncomingMessage): Readable {
  const body = events.pipe(new PassThrough());
  const end = (): void => {
    events.unpipe(body);
    body.end();
  };
  stopping.signal.addEventListener('abort', end, { once: true });
  events.once('error', (error) => body.destroy(error));
  body.once('close', () => {
    stopping.signal.removeEventListener('abort', end);
    events.destroy();
  });
  return body;
}

/** A problem that the studio itself answers with. */
export function problemResponse(problem: Problem): Response {
  const requestId = randomUUID();
  const headers = new Headers({ 'content-type': 'application/problem+json', 'x-request-id': requestId });
  if (problem.status === 401) headers.set('www-authenticate', 'Bearer realm="viridian"');
  return Response.json({ ...problem, request_id: requestId }, { status: problem.status, headers });
}
