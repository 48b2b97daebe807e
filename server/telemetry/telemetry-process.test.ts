import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dataDirPaths } from '#server/kernel/data-dir.ts';
import { encodeRequestBatch } from './encode-request-batch.ts';
import { RECORD, RECORD_WIDTH, type RequestBatch, type ResourceSample } from './request-record.ts';
import { createSampleSender, createTelemetryClient, type TelemetryClient } from './telemetry-client.ts';

const ENTRY = join(import.meta.dirname, '..', 'bin', 'telemetry.ts');

let root: string;
let socketPath: string;
let client: TelemetryClient;
let child: ChildProcess | null = null;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'viridian-telemetry-process-'));
  ({ telemetrySocket: socketPath } = dataDirPaths(root));
  client = createTelemetryClient({ socketPath });
});
afterEach(async () => {
  client.close();
  await end('SIGKILL');
  rmSync(root, { recursive: true });
});

/** Starts the process and waits for its message to the supervisor. */
async function start(): Promise<void> {
  const env = { NODE_ENV: 'test', VIRIDIAN_DATA_DIR: root, VIRIDIAN_LOG_LEVEL: 'error' } as const;
  const started = spawn(process.execPath, [ENTRY], { env, stdio: ['ignore', 'inherit', 'ignore', 'ipc'] });
  child = started;
  const told = await new Promise<unknown>((resolve) => {
    started.once('message', resolve);
    started.once('exit', (code) => resolve({ exit: code }));
  });
  if ((told as { type?: string }).type !== 'ready') throw new Error(JSON.stringify(told));
}

async function end(signal: NodeJS.Signals): Promise<number | null> {
  const running = child;
  child = null;
  if (running === null || running.exitCode !== null || running.signalCode !== null) return null;
  const exited = new Promise<number | null>((resolve) => running.once('exit', resolve));
  running.kill(signal);
  return exited;
}

function batch(sequence: number, records: number): RequestBatch {
  const record = [0, Date.now(), 5_000, 0, 4_000, 200, 0, 10, 20, 0];
  return {
    source: 'worker',
    sequence,
    dropped: 0,
    targets: [['iris', 'blue', 'i1']],
    records: Float64Array.from(Array.from({ length: records }, () => record).flat()),
  };
}

/** Sends records as a gateway worker does. */
function send(body: Buffer, path = '/ingest/requests'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method: 'POST', path }, async (response) => {
      const chunks = await response.toArray();
      resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const ingest = (one: RequestBatch): Promise<unknown> => send(Buffer.concat(encodeRequestBatch(one)));

async function count(): Promise<number> {
  const range = { from: new Date(Date.now() - 600_000).toISOString(), to: new Date(Date.now() + 60_000).toISOString() };
  const { series } = await client.queryMetrics(new URLSearchParams({ metric: 'Requests', ...range }));
  return series[0]!.samples!.reduce((sum, samples) => sum + samples, 0);
}

describe('the telemetry process', () => {
  test('new data is in the answers without a restart or a seal, and survives kill -9 once it is', async () => {
    await start();
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    for (let sequence = 0; sequence < 5; sequence += 1)
      expect(await ingest(batch(sequence, 100))).toEqual({ accepted: true });
    await expect.poll(count, { timeout: 5_000 }).toBe(500);
    // What answers a query may be on its way to the disk; the row after it is appended behind it.
    await ingest(batch(5, 1));
    await expect.poll(count, { timeout: 5_000 }).toBe(501);
    await end('SIGKILL');
    await start();
    expect(await count()).toBeGreaterThanOrEqual(500);
    expect(await ingest(batch(4, 100))).toEqual({ accepted: false });
  });

  test('comparisons are in the answers at once, and survive kill -9', async () => {
    await start();
    const written = async () => ((await client.stats()) as { comparisons: { journal_bytes: number } }).comparisons;
    const { journal_bytes: before } = await written();
    const compared = { atMs: Date.now(), endpoint: 'iris', live: 'blue', mirror: 'shadow', liveMs: 1, mirrorMs: 2 };
    const records = [{ ...compared, outcome: 'agreed', maxDifference: 0 }];
    const told = { version: 1, source: 'worker', sequence: 0, dropped: 0, records };
    const body = Buffer.from(JSON.stringify(told));
    expect(await send(body, '/ingest/comparisons')).toEqual({ accepted: true });
    const query = { endpoint: 'iris', from: Date.now() - 60_000, to: Date.now() + 60_000, limit: 10 };
    expect((await client.queryComparisons(query)).mirrors).toMatchObject([{ agreed: 1 }]);
    await expect.poll(async () => (await written()).journal_bytes, { timeout: 5_000 }).not.toBe(before);
    await end('SIGKILL');
    await start();
    expect((await client.queryComparisons(query)).mirrors).toMatchObject([{ agreed: 1 }]);
    await client.retainComparisons({ asOfMs: Date.now() + 60_000, endpoints: [] });
    expect((await client.queryComparisons(query)).mirrors).toEqual([]);
    expect(await send(Buffer.from('{"version":2}'), '/ingest/comparisons')).toMatchObject({
      code: 'request.malformed',
    });
  });

  test('SIGTERM flushes what just came', async () => {
    await start();
    await ingest(batch(0, 300));
    expect(await end('SIGTERM')).toBe(0);
    await start();
    expect(await count()).toBe(300);
  });

  test('a second process over the same socket does not start', async () => {
    await start();
    const first = child;
    await expect(start()).rejects.toThrow('already listens');
    child = first;
    expect(await client.isHealthy()).toBe(true);
  });

  test('refuses what it cannot read with a problem, and goes on', async () => {
    await start();
    const wrong = { ...batch(0, 1), targets: 'none' as unknown as RequestBatch['targets'] };
    expect(await ingest(wrong)).toMatchObject({ status: 400, code: 'request.malformed' });
    const whole = Buffer.concat(encodeRequestBatch(batch(0, 1)));
    for (const length of [0, 3, 20, whole.length - 1])
      expect(await send(whole.subarray(0, length))).toMatchObject({ code: 'request.malformed' });
    const query = client.queryMetrics(new URLSearchParams({ metric: 'Nothing' }));
    await expect(query).rejects.toMatchObject({ code: 'metrics.unknown_metric' });
    const malformed = batch(1, 3);
    malformed.records[RECORD_WIDTH + RECORD.durationUs] = Number.NaN;
    await ingest(malformed);
    await expect.poll(count, { timeout: 5_000 }).toBe(2);
    expect(await client.stats()).toMatchObject({ intake: { batches: 1, records: 2, records_malformed: 1 } });
  });
});

describe('its clients', () => {
  test('say that it is unavailable when nobody listens, and when nobody answers in time', async () => {
    await expect(client.stats()).rejects.toMatchObject({ code: 'telemetry.unavailable' });
    expect(await client.isHealthy()).toBe(false);
    const silent: Server = createServer(() => undefined);
    const path = join(root, 'silent.sock');
    await new Promise<void>((resolve) => silent.listen(path, resolve));
    const impatient = createTelemetryClient({ socketPath: path, deadlineMs: 50 });
    await expect(impatient.stats()).rejects.toMatchObject({ code: 'telemetry.unavailable' });
    impatient.close();
    silent.close();
  });

  test('samples wait while it is away, the oldest go first, and the loss is counted', async () => {
    const arrived: number[] = [];
    let away = true;
    const sender = createSampleSender(
      {
        ingestSamples: async ({ samples }) => {
          if (away) throw new Error('away');
          arrived.push(...samples.map(({ atMs }) => atMs));
        },
      },
      { intervalMs: 5, capacity: 3 },
    );
    const sample = (atMs: number): ResourceSample => ({
      atMs,
      endpoint: 'iris',
      deployment: 'blue',
      instance: 'i1',
      cpuPercent: 1,
      memoryBytes: 1,
      memoryPercent: 1,
    });
    for (let at = 0; at < 5; at += 1) sender.record(sample(at));
    expect(sender.dropped).toBe(2);
    away = false;
    await expect.poll(() => arrived).toEqual([2, 3, 4]);
    sender.record(sample(5));
    await sender.stop();
    expect(arrived).toEqual([2, 3, 4, 5]);
  });
});
