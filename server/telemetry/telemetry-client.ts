import { Agent, request, type IncomingMessage } from 'node:http';
import { type MirrorComparisons, mirrorComparisonsSchema } from '#lib/contracts/mirror-comparison.ts';
import { metricsResultSchema, type MetricsResult } from '#lib/contracts/metrics.ts';
import { problemSchema } from '#lib/contracts/problem.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { ComparisonsQuery, RetainComparisons } from './parse-comparisons.ts';
import type { ResourceSample, SampleBatch } from './request-record.ts';

export interface TelemetryClient {
  /**
   * Answers a metrics query; the parameters are those of `GET /metrics/query`.
   * @throws AppError with the code telemetry answered, or telemetry.unavailable
   */
  queryMetrics(parameters: URLSearchParams): Promise<MetricsResult>;
  /** What came of the comparisons of an endpoint's mirrors. @throws AppError telemetry.unavailable */
  queryComparisons(query: ComparisonsQuery): Promise<MirrorComparisons>;
  /** Has comparisons forgotten that belong to no endpoint of today. @throws AppError telemetry.unavailable */
  retainComparisons(living: RetainComparisons): Promise<void>;
  /** @throws AppError telemetry.unavailable */
  stats(): Promise<unknown>;
  /** Whether telemetry answers. Never throws. */
  isHealthy(): Promise<boolean>;
  /** @throws AppError telemetry.unavailable */
  ingestSamples(batch: SampleBatch): Promise<void>;
  close(): void;
}

export interface TelemetryClientOptions {
  socketPath: string;
  /** Longest wait for a whole answer. */
  deadlineMs?: number;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** HTTP over telemetry's Unix socket. Every call ends by the deadline, whatever the other side does. */
export function createTelemetryClient({ socketPath, deadlineMs = 10_000 }: TelemetryClientOptions): TelemetryClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });

  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await exchange(method, path, body === undefined ? undefined : JSON.stringify(body));
    const answer = parseJson(text);
    if (status === 200) return answer;
    const problem = problemSchema.safeParse(answer);
    if (!problem.success) throw unavailable(`it answered with status ${status}`);
    const { code, detail, errors } = problem.data;
    throw new AppError(code, detail, errors === undefined ? {} : { errors });
  }

  function exchange(method: string, path: string, body: string | undefined): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(deadlineMs);
      const fail = (cause: unknown): void =>
        reject(
          unavailable(signal.aborted ? `it did not answer within ${deadlineMs} ms` : 'it cannot be reached', cause),
        );
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const outgoing = request({ socketPath, agent, method, path, headers, signal }, (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
      });
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  }

  return {
    queryMetrics: async (parameters) =>
      metricsResultSchema.parse(await call('GET', `/metrics/query?${parameters.toString()}`)),
    async queryComparisons(query) {
      const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
      return mirrorComparisonsSchema.parse(await call('GET', `/comparisons/query?${parameters.toString()}`));
    },
    retainComparisons: async (living) => void (await call('POST', '/comparisons/retain', living)),
    stats: () => call('GET', '/stats'),
    isHealthy: () =>
      call('GET', '/health').then(
        () => true,
        () => false,
      ),
    ingestSamples: async (batch) => void (await call('POST', '/ingest/samples', batch)),
    close: () => agent.destroy(),
  };
}

export interface SampleSender {
  /** Keeps a sample for the next batch; when there are too many, the oldest goes and is counted. */
  record(sample: ResourceSample): void;
  /** Samples thrown away so far. */
  readonly dropped: number;
  /** Sends what is there and stops. */
  stop(): Promise<void>;
}

/** Sends samples in batches. It never throws and never holds up the caller; while telemetry is away it forgets the oldest. */
export function createSampleSender(
  client: Pick<TelemetryClient, 'ingestSamples'>,
  { intervalMs = 1_000, capacity = 10_000 }: { intervalMs?: number; capacity?: number } = {},
): SampleSender {
  let waiting: ResourceSample[] = [];
  let dropped = 0;
  let sending: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    const samples = waiting;
    if (samples.length === 0) return;
    waiting = [];
    try {
      await client.ingestSamples({ version: 1, samples });
    } catch {
      // Telemetry is away: the samples wait for the next turn, oldest first out.
      waiting = [...samples, ...waiting];
      shorten();
    }
  }

  function shorten(): void {
    const excess = waiting.length - capacity;
    if (excess <= 0) return;
    dropped += excess;
    waiting = waiting.slice(excess);
  }

  const timer = setInterval(() => {
    sending = sending.then(send);
  }, intervalMs);
  timer.unref();

  return {
    get dropped() {
      return dropped;
    },
    record(sample) {
      waiting.push(sample);
      shorten();
    },
    async stop() {
      clearInterval(timer);
      await sending;
      await send();
    },
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('The answer of telemetry is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unavailable('its answer is not JSON', cause);
  }
}

function unavailable(reason: string, cause?: unknown): AppError {
  const text = `Telemetry cannot be used: ${reason}. Predictions and deployments go on; it is restarted by itself.`;
  return new AppError('telemetry.unavailable', text, { cause });
}
