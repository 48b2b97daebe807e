import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Problem } from '#lib/contracts/problem.ts';
import { passThrough } from './pass-through.ts';

const TOKEN = 'studio-token-of-at-least-32-characters';
const USER = { id: 'usr_1', email: 'ada@example.com', name: 'Ada' };
const signedIn = async () => USER;
const signedOutSession = async () => null;

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
let handler: Handler;
const server = createServer((request, response) => void handler(request, response));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('VIRIDIAN_API_PORT', String((server.address() as AddressInfo).port));
  vi.stubEnv('VIRIDIAN_STUDIO_TOKEN', TOKEN);
  vi.stubEnv('VIRIDIAN_SESSION_SECRET', 'x'.repeat(32));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  handler = (_request, response) => void response.end('{}');
});

const OWN = { host: 'studio.test', origin: 'http://studio.test', 'sec-fetch-site': 'same-origin' };

/** `duplex` is what Node asks for with a streamed body; the DOM's types do not know it. */
function request(path: string, init: RequestInit & { duplex?: 'half' } = {}): Request {
  return new Request(`http://studio.test${path}`, init);
}

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as Problem;
}

function seenHeaders(): Promise<IncomingMessage['headers']> {
  return new Promise((resolve) => {
    handler = (incoming, response) => {
      resolve(incoming.headers);
      response.end('{}');
    };
  });
}

test('a session speaks with the studio token and the user, and no browser can claim to be somebody', async () => {
  const seen = seenHeaders();
  const headers = { ...OWN, 'x-viridian-user': 'usr_evil', cookie: 'viridian.session=secret' };
  await passThrough(request('/api/v1/endpoints?limit=5', { headers }), signedIn);
  const { authorization, cookie, 'x-viridian-user': user } = await seen;
  expect({ authorization, cookie, user }).toEqual({
    authorization: `Bearer ${TOKEN}`,
    cookie: undefined,
    user: 'usr_1',
  });
});

test('an API key goes through as it is, from anywhere, and without the session', async () => {
  const seen = seenHeaders();
  const headers = { authorization: 'Bearer vdn_key', 'x-viridian-user': 'usr_1', origin: 'https://elsewhere.test' };
  await passThrough(request('/api/v1/endpoints', { method: 'POST', body: '{}', headers }), signedOutSession);
  const { authorization, 'x-viridian-user': user } = await seen;
  expect({ authorization, user }).toEqual({ authorization: 'Bearer vdn_key', user: undefined });
});

test('without a credential only health and the API document answer', async () => {
  const refused = await passThrough(request('/api/v1/endpoints'), signedOutSession);
  expect(refused.status).toBe(401);
  expect((await problemOf(refused)).code).toBe('auth.required');
  expect((await passThrough(request('/api/v1/health'), signedOutSession)).status).toBe(200);
});

test('a refusal of the studio itself looks like one of the API', async () => {
  const refused = await passThrough(request('/api/v1/endpoints'), signedOutSession);
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="viridian"');
  expect(await problemOf(refused)).toMatchObject({
    type: 'urn:viridian:error:auth.required',
    request_id: refused.headers.get('x-request-id'),
  });
});

test('a change from another site is refused before the control plane hears of it', async () => {
  let heard = false;
  handler = (_incoming, response) => {
    heard = true;
    response.end();
  };
  const headers = { host: 'studio.test', origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
  const answer = await passThrough(request('/api/v1/endpoints/iris', { method: 'DELETE', headers }), signedIn);
  expect(answer.status).toBe(403);
  expect((await problemOf(answer)).code).toBe('auth.cross_site');
  expect(heard).toBe(false);
});

test.each([
  '/api/v1/internal/setup',
  '/api/v1/internal',
  '/api/v1/%69nternal/sign-in',
  '/api/v1//internal/x',
  '/api/v1/internal%2Fsetup',
  '/api/v1/%zz',
])('%s is not there for anybody', async (path) => {
  const answer = await passThrough(request(path, { headers: { ...OWN, authorization: 'Bearer k' } }), signedIn);
  expect(answer.status).toBe(404);
});

test('an upload larger than memory should hold flows through, piece by piece', async () => {
  const piece = new Uint8Array(1024 * 1024);
  const pieces = 48;
  let made = 0;
  let received = 0;
  let ahead = 0;
  handler = async (incoming, response) => {
    for await (const chunk of incoming) {
      received += (chunk as Buffer).length;
      ahead = Math.max(ahead, made * piece.length - received);
    }
    response.end(JSON.stringify({ received }));
  };
  const body = new ReadableStream({
    pull(controller) {
      if (made === pieces) return controller.close();
      made += 1;
      controller.enqueue(piece);
    },
  });
  const init = { method: 'PATCH', body, duplex: 'half', headers: OWN } as const;
  const answer = await passThrough(request('/api/v1/uploads/tus/u1', init), signedIn);
  expect(await answer.json()).toEqual({ received: pieces * piece.length });
  expect(ahead).toBeLessThan(12 * 1024 * 1024);
});

test('events arrive while the stream is open, and leaving ends it upstream', async () => {
  const left = new Promise<void>((resolve) => {
    handler = (incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      incoming.once('close', resolve);
    };
  });
  const leave = new AbortController();
  const answer = await passThrough(request('/api/v1/events', { headers: OWN, signal: leave.signal }), signedIn);
  expect(answer.headers.get('cache-control')).toContain('no-transform');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe('data: one\n\n');
  leave.abort();
  await left;
});

test('events end in order when this process is told to stop, also upstream', async () => {
  const left = new Promise<void>((resolve) => {
    handler = (_incoming, response) => {
      response.once('close', resolve);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
    };
  });
  const response = await passThrough(request('/api/v1/events', { headers: OWN }), signedIn);
  const reader = response.body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: one\n\n');
  process.emit('SIGTERM');
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  await left;
});

test('status, headers and the lack of a body are kept', async () => {
  handler = (_incoming, response) => {
    response.writeHead(204, { 'upload-offset': '7', 'tus-resumable': '1.0.0', etag: '"3"' });
    response.end();
  };
  const answer = await passThrough(request('/api/v1/uploads/tus/u1', { method: 'HEAD', headers: OWN }), signedIn);
  expect([answer.status, answer.headers.get('upload-offset'), answer.headers.get('etag')]).toEqual([204, '7', '"3"']);
});

test('a control plane that refuses early is heard, whatever of the body was left', async () => {
  handler = (_incoming, response) => {
    response.writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' });
    response.end('{"code":"request.too_large"}');
  };
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)) });
  const init = { method: 'POST', body, duplex: 'half', headers: OWN } as const;
  const answer = await passThrough(request('/api/v1/uploads', init), signedIn);
  expect(answer.status).toBe(413);
});

test('requests that come just as the control plane closes idle connections are answered', async () => {
  const before = server.keepAliveTimeout;
  server.keepAliveTimeout = 1;
  for (let turn = 0; turn < 40; turn += 1) {
    const answer = await passThrough(request('/api/v1/info', { headers: OWN }), signedIn);
    expect(answer.status).toBe(200);
    await answer.text();
  }
  server.keepAliveTimeout = before;
});

test('a control plane that is down is a problem with a way on, not a broken page', async () => {
  handler = (incoming) => void incoming.socket.destroy();
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const answer = await passThrough(request('/api/v1/info', { headers: OWN }), signedIn);
  expect(answer.status).toBe(503);
  expect((await problemOf(answer)).detail).toMatch(/Predictions are not affected/);
  expect(log.mock.calls).toEqual([['The control plane did not answer GET /api/v1/info: socket hang up']]);
});
