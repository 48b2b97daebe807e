import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { formatRequest, runLoad, runLoadOnCore, type LoadOptions } from './load-generator.ts';

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

async function serve(status: number): Promise<{ options: LoadOptions; bodies: Set<string> }> {
  const bodies = new Set<string>();
  let answered = 0;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (text) => (body += text));
    request.on('end', () => {
      bodies.add(`${request.method} ${request.url} ${body}`);
      answered += 1;
      // Answers of two lengths, because equal lengths are read on a shorter path.
      const text = answered % 2 === 0 ? 'ok' : 'fine';
      response.writeHead(status, { 'Content-Length': text.length }).end(text);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const requestBase64 = formatRequest('POST', '/score', {}, '{"x":1}');
  return { bodies, options: { host: '127.0.0.1', port, requestBase64, connections: 3, warmUpMs: 0, durationMs: 150 } };
}

test('requests arrive as they are and answers are counted with their latencies', async () => {
  const { options, bodies } = await serve(200);
  const result = await runLoad(options);
  expect([...bodies]).toEqual(['POST /score {"x":1}']);
  expect(result).toMatchObject({ failures: 0, firstFailure: null });
  expect(result.requests).toBeGreaterThan(0);
  expect(result.p50Us).toBeLessThanOrEqual(result.p99Us);
});

test('other statuses than 200 count as failures and the first is shown', async () => {
  const { options } = await serve(500);
  const result = await runLoadOnCore(options, null);
  expect(result.failures).toBeGreaterThan(0);
  expect(result.firstFailure).toContain('500 Internal Server Error');
});
