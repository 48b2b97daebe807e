import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { resourceNameSchema } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { checkPrecondition } from '#server/commands/check-precondition.ts';
import { createApiServer } from './create-api-server.ts';
import { openEventStream } from './event-stream.ts';
import { ANSWERED, type AnyRoute, defineRoute, type RouteAnswer } from './route.ts';

const item = z.object({ name: z.string(), revision: z.number() });
const routes: AnyRoute[] = [
  defineRoute({
    method: 'PUT',
    path: '/items/{item}',
    auth: 'api',
    summary: 'Create or replace an item',
    tag: 'items',
    params: z.object({ item: resourceNameSchema }),
    query: z.strictObject({ dry_run: z.stringbool().optional() }),
    body: z.strictObject({ size: z.number().max(10), probe: z.strictObject({ period: z.number() }).optional() }),
    readOnlyFields: ['revision', '$schema'],
    responses: { 200: item },
    handler: async ({ params, precondition }) => {
      checkPrecondition({ ...precondition, createOnly: false }, 7);
      return { status: 200, body: { name: `${params.item}${precondition.createOnly ? '!' : ''}`, revision: 7 } };
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/items',
    auth: 'api',
    summary: 'Make one',
    tag: 'items',
    body: z.strictObject({}).optional(),
    idempotent: true,
    responses: { 201: item },
    handler: async () => ({ status: 201, body: { name: 'new', revision: 1 } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/items/{item}',
    auth: 'public',
    summary: 'Read one',
    tag: 'items',
    responses: { 200: item },
    handler: async () => {
      throw new Error('password=hunter2');
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/stream',
    auth: 'public',
    summary: 'Stream',
    tag: 'items',
    responses: { 200: null },
    handler: async ({ raw, signal }) => {
      const stream = openEventStream(raw.reply, signal);
      stream.send({ id: '1', name: 'change', data: { text: 'one\ntwo' } });
      stream.close();
      return ANSWERED;
    },
  }),
];

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function startServer() {
  const replayed = new Map<string, RouteAnswer>();
  const server = createApiServer({
    routes,
    version: '1.2.3',
    clock: systemClock,
    logger: createLogger('test', 'fatal'),
    anonymous: SYSTEM_ACTOR,
    checkAnswers: true,
    authenticate: async (request): Promise<Actor> => {
      if (request.headers.authorization !== 'Bearer right') throw new AppError('auth.required', 'Send an API key.');
      return SYSTEM_ACTOR;
    },
    authenticateStudio: () => {
      throw new AppError('auth.required', 'Only the studio may.');
    },
    replay: async ({ key }, run) => {
      const answer = replayed.get(key) ?? (await run());
      replayed.set(key, answer);
      return answer;
    },
  });
  const base = await server.listen({ host: '127.0.0.1', port: 0 });
  closers.push(() => server.close());
  return `${base}/api/v1`;
}

const signedIn = { authorization: 'Bearer right' };
const json = { ...signedIn, 'content-type': 'application/json' };
const put = (
  base: string,
  body: string,
  headers: Record<string, string> = json,
  path = '/items/Blue',
): Promise<Response> => fetch(`${base}${path}`, { method: 'PUT', headers, body });

test('a good request gets its answer, the ETag of its revision, a request id and safe headers', async () => {
  const response = await put(await startServer(), '{"size":1,"revision":3,"$schema":"x"}', {
    ...json,
    'if-none-match': '*',
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ name: 'blue!', revision: 7 });
  expect(response.headers.get('etag')).toBe('"7"');
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test.each([
  ['no credentials', '{"size":1}', { 'content-type': 'application/json' }, 401, 'auth.required'],
  ['broken JSON', '{"size":', json, 400, 'request.malformed'],
  ['no body', '', json, 400, 'request.malformed'],
  ['a __proto__ field', '{"__proto__":{"a":1}}', json, 400, 'request.malformed'],
  [
    'another content type',
    'size=1',
    { ...signedIn, 'content-type': 'text/plain' },
    415,
    'request.unsupported_media_type',
  ],
  ['a wrong value', '{"size":11}', json, 422, 'request.invalid'],
  ['an unknown field', '{"size":1,"prob":{}}', json, 422, 'request.unknown_field'],
  ['an Accept header without JSON', '{"size":1}', { ...json, accept: 'text/html' }, 406, 'request.not_acceptable'],
  ['an Accept header that excludes JSON', '{"size":1}', { ...json, accept: '*/*;q=0' }, 406, 'request.not_acceptable'],
  ['a stale revision', '{"size":1}', { ...json, 'if-match': '"6"' }, 412, 'request.precondition_failed'],
  ['stale revisions in a list', '{"size":1}', { ...json, 'if-match': '"5", "6"' }, 412, 'request.precondition_failed'],
  ['an ETag that is none of ours', '{"size":1}', { ...json, 'if-match': 'six' }, 412, 'request.precondition_failed'],
])('%s is a problem with the right status and code', async (_, body, headers, status, code) => {
  const response = await put(await startServer(), body, headers);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status, code, request_id: response.headers.get('x-request-id') });
});

test('an unknown field is named with its place and the nearest known name, inside objects too', async () => {
  const base = await startServer();
  const problem = (await (await put(base, '{"size":1,"probe":{"perod":1}}')).json()) as { errors: unknown };
  expect(problem.errors).toContainEqual({
    path: '/probe/perod',
    message: 'is not a known field; did you mean "period"?',
  });
});

test('what went wrong is told in whole sentences, and a missing field as one that is needed', async () => {
  const base = await startServer();
  const detailOf = async (body: string) => ((await (await put(base, body)).json()) as { detail: string }).detail;
  expect(await detailOf('{"size":1,"probe":{"perod":1}}')).toMatch(/did you mean "period"\?$/);
  expect(await detailOf('{}')).toBe('/size is needed.');
});

test('an unknown query parameter is refused by name', async () => {
  const response = await put(await startServer(), '{"size":1}', json, '/items/blue?dryrun=true');
  expect(await response.json()).toMatchObject({ code: 'request.unknown_field', errors: [{ path: '?dryrun' }] });
});

test('a body over 8 MiB is refused before it is read to its end, and the connection is not used again', async () => {
  const base = await startServer();
  const status = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
    const asked = httpRequest(
      `${base}/items/blue`,
      { method: 'PUT', headers: { ...json, 'content-length': String(9 * 2 ** 20) } },
      (response) => {
        resolve([response.statusCode, response.headers.connection]);
        asked.destroy();
      },
    );
    asked.once('error', reject);
    asked.write('{');
  });
  expect(status).toEqual([413, 'close']);
});

test.each([
  ['too large', {}, 413],
  ['too large and of unknown length', { 'transfer-encoding': 'chunked' }, 413],
  ['without a right key', { authorization: 'Bearer wrong' }, 401],
])('a request %s is answered where the caller sends all of it before reading', async (_, headers, status) => {
  const asked = httpRequest(`${await startServer()}/items/blue`, { method: 'PUT', headers: { ...json, ...headers } });
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  asked.end(Buffer.alloc(20 * 2 ** 20, 'x'));
  await once(asked, 'finish');
  const [response] = await answered;
  expect(response.statusCode).toBe(status);
  expect(JSON.parse(await text(response))).toMatchObject({ status });
});

test.each(['QUERY', 'PROPFIND', 'TRACE'])('a verb that nothing here knows, as %s, is 405', async (verb) => {
  const asked = httpRequest(`${await startServer()}/items/blue`, { method: verb }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect([response.statusCode, response.headers.allow]).toEqual([405, 'GET, PUT']);
  expect(JSON.parse(await text(response))).toMatchObject({ status: 405, code: 'request.method_not_allowed' });
});

test.each([
  ['headers that are too large', `GET /x HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a verb that HTTP does not know', 'FOO /x HTTP/1.1\r\nhost: x\r\n\r\n', 400],
])('%s are a problem like any other', async (_, sent, status) => {
  const { hostname, port } = new URL(await startServer());
  const socket = connect(Number(port), hostname);
  socket.write(sent);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head).toContain('content-type: application/problem+json');
  const problem = JSON.parse(body) as { status: number; request_id: string };
  expect(problem.status).toBe(status);
  expect(head).toContain(`x-request-id: ${problem.request_id}`);
});

test('a path that cannot be decoded is a problem like any other', async () => {
  const response = await fetch(`${await startServer()}/items/%ff`);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const request_id = response.headers.get('x-request-id');
  expect(await response.json()).toMatchObject({ status: 400, code: 'request.malformed', request_id });
});

test('a name longer than any can be is not found', async () => {
  const response = await fetch(`${await startServer()}/items/${'x'.repeat(600)}`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ status: 404, code: 'request.not_found' });
});

test('a known path with another verb is 405 with what is allowed, an unknown path 404', async () => {
  const base = await startServer();
  const wrongVerb = await fetch(`${base}/items/blue`, { method: 'DELETE' });
  expect(wrongVerb.status).toBe(405);
  expect(wrongVerb.headers.get('allow')).toBe('GET, PUT');
  expect((await fetch(`${base}/nothing`)).status).toBe(404);
});

test('a fault of ours says nothing of its inside', async () => {
  const response = await fetch(`${await startServer()}/items/blue`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('hunter2');
});

test('the same idempotency key gives the same answer', async () => {
  const base = await startServer();
  const post = (): Promise<Response> =>
    fetch(`${base}/items`, { method: 'POST', headers: { ...signedIn, 'idempotency-key': 'k' } });
  const [first, second] = [await (await post()).text(), await (await post()).text()];
  expect(second).toBe(first);
});

test('an event stream carries ids, names and JSON on one line', async () => {
  const response = await fetch(`${await startServer()}/stream`);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(await response.text()).toBe(': open\n\nid: 1\nevent: change\ndata: {"text":"one\\ntwo"}\n\n');
});

test('the OpenAPI document holds every route that callers may use, with parameters, bodies and problems', async () => {
  const document = (await (await fetch(`${await startServer()}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, unknown>>;
  };
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual(['/items/{item}', '/items', '/stream']);
  expect(document.paths['/items/{item}']?.['put']).toMatchObject({
    operationId: 'put_items_item',
    parameters: [
      { name: 'item', in: 'path', required: true },
      { name: 'dry_run', in: 'query' },
      { name: 'If-Match' },
      { name: 'If-None-Match' },
    ],
    requestBody: {
      content: { 'application/json': { schema: { properties: { size: { type: 'number', maximum: 10 } } } } },
    },
    responses: { 200: { content: {} }, default: { $ref: '#/components/responses/Problem' } },
  });
});
