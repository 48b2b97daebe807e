import type { ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { dueOffsets, runOpenLoop } from './gateway-open-loop.ts';
import { end, freePort, untilListening } from './gateway-process.ts';
import { runStreams } from './gateway-streams.ts';
import { smallRequest } from './gateway-table.ts';
import { spawnOnCore } from './run-on-core.ts';

let server: Server | undefined;
let model: ChildProcess | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  if (model !== undefined) await end(model, 'SIGKILL');
  server = undefined;
  model = undefined;
});

/** Answers with a status; the first answer takes a while. */
async function serve(status: number, firstAnswerMs: number): Promise<number> {
  let waits = true;
  server = createServer((request, response) => {
    const answer = (): void => void response.writeHead(status, { 'Content-Length': 2 }).end('ok');
    request.resume().on('end', () => (waits ? setTimeout(answer, firstAnswerMs) : answer()));
    request.on('end', () => (waits = false));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const schedule = { requestBase64: smallRequest('/score'), requestsPerSecond: 100, connections: 1, warmUpMs: 0 };

test('an open loop charges a stall to every request that was due meanwhile', async () => {
  const port = await serve(200, 400);
  const figures = await runOpenLoop({ port, ...schedule, durationMs: 500 }, null);
  expect(figures).toMatchObject({ requests: 50, requestsPerSecond: 100, failures: 0, firstFailure: null });
  // The request in the middle was due after 250 ms and could be sent after 400 ms; that only one of 50 was held up itself changes nothing.
  expect(figures.p50Us).toBeGreaterThan(100_000);
  expect(figures.p99Us).toBeGreaterThan(350_000);
});

test('an open loop counts other answers than 200 as failures', async () => {
  const port = await serve(500, 0);
  const figures = await runOpenLoop({ port, ...schedule, durationMs: 100 }, null);
  expect(figures).toMatchObject({ requests: 0, failures: 10 });
  expect(figures.firstFailure).toContain('500 Internal Server Error');
});

test('Poisson arrivals have the asked rate, and gaps that vary as much as their mean', () => {
  const offsets = dueOffsets('poisson', 20_000, 100);
  const gaps = Array.from(offsets.subarray(1), (due, index) => due - (offsets[index] as number));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  expect(mean).toBeCloseTo(100, -1);
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
  expect(dueOffsets('even', 3, 100)).toEqual(Float64Array.of(0, 100, 200));
});

test('streams are measured from the time in their first event', async () => {
  const port = await freePort();
  model = spawnOnCore(null, [process.execPath, join(import.meta.dirname, 'gateway-upstream.ts'), 'stream', `${port}`]);
  await untilListening(port, model);
  const load = { clients: 2, warmUpMs: 0, durationMs: 1_500 };
  const figures = await runStreams({ port, requestBase64: smallRequest('/score'), ...load }, null);
  expect(figures).toMatchObject({ failures: 0, firstFailure: null });
  expect(figures.requests).toBeGreaterThan(0);
  expect(figures.p50Us).toBeGreaterThan(0);
});

test('streams that are refused are failures', async () => {
  const port = await serve(401, 0);
  const load = { clients: 1, warmUpMs: 0, durationMs: 100 };
  const figures = await runStreams({ port, requestBase64: smallRequest('/score'), ...load }, null);
  expect(figures).toMatchObject({ failures: 1, firstFailure: 'no stream began' });
});
