import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Actor } from '#server/domain/actor.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { parseInput, pointerOf, queryParameterOf } from './parse-input.ts';
import { formatEtag, parsePrecondition } from './preconditions.ts';
import { readJsonBody } from './read-body.ts';
import { ANSWERED, type AnyRoute, type RouteAnswer, type RouteInput } from './route.ts';

export const API_PREFIX = '/api/v1';

export interface ReplayKey {
  actor: Actor;
  key: string;
  route: string;
  body: unknown;
}

export interface RouteDependencies {
  /** The actor behind the credentials. @throws AppError auth.required */
  authenticate(request: FastifyRequest): Promise<Actor>;
  /** Whether the request comes from the studio on its own account. @throws AppError auth.required */
  authenticateStudio(request: FastifyRequest): void;
  /** Runs once for each idempotency key and answers the same again. */
  replay(key: ReplayKey, run: () => Promise<RouteAnswer>): Promise<RouteAnswer>;
  /** The actor of routes that need none. */
  anonymous: Actor;
  /** Checks answers against their declared schema: on in tests, where a drift must be seen. */
  checkAnswers: boolean;
}

export interface RouteBinding extends RouteDependencies {
  /** Of the requests that are being answered; aborted when the caller leaves or the server closes. */
  open: Set<AbortController>;
}

/** Binds a declaration: authenticate, parse, handle, answer; each exactly once for every route. */
export function registerRoute(server: FastifyInstance, route: AnyRoute, dependencies: RouteBinding): void {
  server.route({
    method: route.method,
    url: `${API_PREFIX}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    handler: async (request, reply) => {
      refuseUnacceptable(request);
      const actor = await authenticate(request, route, dependencies);
      const input = await parseRequest(request, route, {
        actor,
        reply,
        signal: trackRequest(reply, dependencies.open),
      });
      const answer = await handle(input, route, dependencies);
      return answer === ANSWERED ? reply : send(reply, route, answer, dependencies.checkAnswers);
    },
  });
}

async function authenticate(request: FastifyRequest, route: AnyRoute, dependencies: RouteDependencies): Promise<Actor> {
  if (route.auth === 'api') return dependencies.authenticate(request);
  if (route.auth === 'studio') dependencies.authenticateStudio(request);
  return dependencies.anonymous;
}

type AnyInput = RouteInput<unknown, unknown, unknown>;

/** Aborts when the caller leaves. */
function trackRequest(reply: FastifyReply, open: Set<AbortController>): AbortSignal {
  const gone = new AbortController();
  open.add(gone);
  reply.raw.once('close', () => {
    open.delete(gone);
    gone.abort();
  });
  return gone.signal;
}

async function parseRequest(
  request: FastifyRequest,
  route: AnyRoute,
  { actor, reply, signal }: { actor: Actor; reply: FastifyReply; signal: AbortSignal },
): Promise<AnyInput> {
  return {
    actor,
    params: parseInput(route.params ?? z.object({}), request.params, (path) => `{${String(path[0])}}`),
    query: parseInput(route.query ?? z.strictObject({}), request.query, queryParameterOf),
    body: route.body === undefined ? undefined : parseInput(route.body, await readJsonBody(request, route), pointerOf),
    precondition: parsePrecondition(request.headers),
    once: parseOnce(request, route),
    requestId: request.id,
    signal,
    raw: { request, reply },
  };
}

function handle(
  input: AnyInput,
  route: AnyRoute,
  dependencies: RouteDependencies,
): Promise<RouteAnswer | typeof ANSWERED> {
  const { actor, once, body } = input;
  if (route.idempotent !== true || once === null) return route.handler(input);
  const run = async (): Promise<RouteAnswer> => {
    const answer = await route.handler(input);
    if (answer === ANSWERED) throw new Error(`${route.method} ${route.path} streams and cannot be replayed`);
    return answer;
  };
  return dependencies.replay({ actor, ...once, body }, run);
}

function parseOnce(request: FastifyRequest, { method, idempotent }: AnyRoute): AnyInput['once'] {
  const key = request.headers['idempotency-key'];
  return idempotent && typeof key === 'string' ? { key, route: `${method} ${request.url}` } : null;
}

function send(reply: FastifyReply, route: AnyRoute, answer: RouteAnswer, check: boolean): FastifyReply {
  const { status, body, headers = {} } = answer;
  if (check) checkAnswer(route, status, body);
  const revision = (body as { revision?: unknown } | undefined)?.revision;
  if (typeof revision === 'number') reply.header('etag', formatEtag(revision));
  reply.code(status).headers(headers);
  return body === undefined
    ? reply.send()
    : reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)));
}

function checkAnswer(route: AnyRoute, status: number, body: unknown): void {
  const schema = route.responses[status];
  if (schema === undefined)
    throw new Error(`${route.method} ${route.path} answered ${status}, which it does not declare`);
  schema?.parse(body);
}

const SERVED_TYPES = [
  '*/*',
  'application/*',
  'application/json',
  'application/problem+json',
  'application/octet-stream',
  'application/x-tar',
  'text/event-stream',
];

/** Everything here is JSON, an event stream or a file; only a caller who excludes all of them is refused. */
function refuseUnacceptable(request: FastifyRequest): void {
  const { accept } = request.headers;
  if (accept === undefined || accept.split(',').some(isServed)) return;
  throw new AppError('request.not_acceptable', `Accept: ${accept} excludes application/json.`);
}

/** One member of an Accept header (RFC 9110 section 12.5.1): a weight of 0 excludes. */
function isServed(member: string): boolean {
  const [type = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase());
  const isExcluded = parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
  return type === '' || (SERVED_TYPES.includes(type) && !isExcluded);
}
