import type { OutgoingHttpHeaders } from 'node:http';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  fastify,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { answerEarly } from '#server/kernel/answer-early.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { ERROR_CATALOGUE, toProblem } from '#server/kernel/error-catalogue.ts';
import { newId } from '#server/kernel/ids.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { answerClientError } from './answer-client-error.ts';
import { createOpenApiDocument } from './openapi-document.ts';
import { API_PREFIX, registerRoute, type RouteDependencies } from './register-route.ts';
import type { AnyRoute } from './route.ts';

export interface ApiServerOptions extends RouteDependencies {
  routes: readonly AnyRoute[];
  version: string;
  clock: Clock;
  logger: Logger;
}

/** Headers of every answer: JSON is never sniffed, framed or cached by somebody in between. */
const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The REST API as a Fastify server that is not listening yet. */
export function createApiServer(options: ApiServerOptions): FastifyInstance {
  const { routes, clock, logger } = options;
  const server = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // One line for each answer is written below, with the request's id and code.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: () => newId('req', clock.now()),
    requestTimeout: 0,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    // A path that cannot be decoded is refused before any hook runs.
    frameworkErrors: (error, request, reply) => {
      prepareAnswer(request, reply);
      void sendProblem(error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, newId('req', clock.now())),
    // Names and ids are compared as they stand; a slash too many is another path.
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 512 },
  });
  // Bodies stay in the stream: each route says whether it reads JSON, passes bytes on, or looks at nothing.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));

  server.addHook('onRequest', async (request, reply) => {
    prepareAnswer(request, reply);
    // Here, because Fastify has questions of its own to a verb that none of our routes knows, before it looks for the route.
    if (request.is404) throw unknownPlace(request, reply, routes);
  });
  server.addHook('onResponse', async (request, reply) => {
    const { method, url } = request;
    request.log.debug(
      { method, path: url.split('?')[0], status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'answered',
    );
  });
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));

  // Streams have no end of their own: a server that is to close ends them, and their readers come back to the next one.
  const open = new Set<AbortController>();
  server.addHook('preClose', async () => {
    for (const request of open) request.abort();
  });
  for (const route of routes) registerRoute(server, route, { ...options, open });
  const document = createOpenApiDocument(routes, options.version);
  server.get(`${API_PREFIX}/openapi.json`, async () => document);
  return server;
}

function prepareAnswer(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...COMMON_HEADERS, 'x-request-id': request.id });
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(fromFastify(error), request.id);
  request.log[levelOf(problem.code)]({ code: problem.code, err: error }, problem.detail);
  if (error instanceof AppError && error.retryAfterSeconds !== undefined)
    reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="viridian"');
  const body = Buffer.from(JSON.stringify(problem));
  reply.code(problem.status).header('content-type', 'application/problem+json');
  return request.raw.complete ? reply.send(body) : sendEarly(request, reply, body);
}

/** What is left of the request's body may be gigabytes that nobody wants. */
function sendEarly(request: FastifyRequest, reply: FastifyReply, body: Buffer): FastifyReply {
  reply.headers({ connection: 'close', 'content-length': body.length }).hijack();
  reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
  answerEarly(request.raw, reply.raw, body);
  return reply;
}

/** A fault of ours is an error; a part that is away for a moment is a warning; a caller's mistake is the caller's. */
function levelOf(code: ErrorCode): 'error' | 'warn' | 'debug' {
  if (code === 'platform.internal') return 'error';
  return ERROR_CATALOGUE[code].blame === 'platform' ? 'warn' : 'debug';
}

/** The few errors that Fastify itself makes before a handler runs. */
function fromFastify(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === 'FST_ERR_BAD_URL')
    return new AppError('request.malformed', 'The path is not validly encoded.', { cause: error });
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new AppError('request.not_found', 'Nothing here has a name as long as one in this path.', { cause: error });
  return error;
}

/** What is wrong with an address, or with its verb; the answer then says which verbs there are. */
function unknownPlace(request: FastifyRequest, reply: FastifyReply, routes: readonly AnyRoute[]): AppError {
  const path = request.url.split('?')[0] ?? '';
  const allowed = allowedMethods(routes, path).join(', ');
  if (allowed === '') return new AppError('request.not_found', `There is nothing at ${path}.`);
  reply.header('allow', allowed);
  return new AppError('request.method_not_allowed', `${request.method} is not allowed here; ${allowed} is.`);
}

function allowedMethods(routes: readonly AnyRoute[], path: string): string[] {
  const methods = routes.filter((route) => patternOf(route.path).test(path)).map(({ method }) => method);
  return [...new Set(methods)].toSorted();
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${API_PREFIX}${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
