import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError } from '#server/kernel/app-error.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import { newId } from '#server/kernel/ids.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { ComparisonStore } from './comparison-store.ts';
import { parseComparisonBatch, parseComparisonsQuery, parseRetainComparisons } from './parse-comparisons.ts';
import { parseMetricsQuery, planMetricsQuery } from './plan-metrics-query.ts';
import { runMetricsQuery } from './run-metrics-query.ts';
import type { TelemetryIntake } from './telemetry-intake.ts';
import type { TelemetryStore } from './telemetry-store.ts';

/** Some 50,000 records; gateway workers send a few thousand at once. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Each connection may hold one body, so this bounds memory. Gateway workers and the control plane need one or two each. */
const MAX_CONNECTIONS = 128;

export interface TelemetryServerDeps {
  store: TelemetryStore;
  intake: TelemetryIntake;
  comparisons: ComparisonStore;
  clock: Clock;
  logger: Logger;
}

type Handler = (request: IncomingMessage, url: URL) => Promise<unknown>;

/**
 * HTTP on the Unix socket that gateway and control plane know. Bodies are JSON but for request records (see `encodeRequestBatch`), answers are JSON, errors problem bodies.
 * @param deps requests wait until they are there: the socket is taken first, because it also keeps a second process away from the files
 */
export function createTelemetryServer(deps: Promise<TelemetryServerDeps>): Server {
  const ready = deps.then((resolved) => ({ resolved, routes: createRoutes(resolved) }));
  // Whoever made the promise reports its failure; requests that waited are cut off when the server closes.
  ready.catch(() => undefined);
  const server = createServer((request, response) => {
    ready.then(
      ({ resolved, routes }) => answer(resolved, routes, request, response),
      () => response.destroy(),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function createRoutes({ store, intake, comparisons, clock }: TelemetryServerDeps): Record<string, Handler> {
  const startedAtMs = clock.now();
  return {
    'POST /ingest/requests': async (request) => intake.ingestRequests(await readBody(request)),
    'POST /ingest/samples': async (request) => {
      const body = await readBody(request);
      intake.ingestSamples(parseJson(body), body.length);
      return { accepted: true };
    },
    'POST /ingest/comparisons': async (request) =>
      comparisons.ingest(parseComparisonBatch(parseJson(await readBody(request)))),
    'GET /comparisons/query': async (_request, url) =>
      comparisons.query(parseComparisonsQuery(Object.fromEntries(url.searchParams))),
    'POST /comparisons/retain': async (request) => {
      await comparisons.retain(parseRetainComparisons(parseJson(await readBody(request))));
      return { retained: true };
    },
    'GET /metrics/query': (_request, url) => {
      const query = parseMetricsQuery(Object.fromEntries(url.searchParams));
      const plan = planMetricsQuery(query, store.segments.resolutions, (resolution) => store.horizonMs(resolution));
      return runMetricsQuery(plan, store, clock.now());
    },
    'GET /health': async () => ({ status: 'ok' }),
    'GET /stats': async () => ({
      started_at_ms: startedAtMs,
      intake: intake.counters,
      store: store.counters,
      comparisons: { ...comparisons.counters, journal_bytes: comparisons.journalBytes },
      dropped_by_senders: intake.senders.droppedBySenders(),
      live_bytes: store.liveBytes,
      journal_bytes: store.journalBytes,
      segment_bytes: store.segments.slices().reduce((sum, { bytes }) => sum + bytes, 0),
      segment_files: store.segments.slices().length,
      damaged_blocks: store.segments.damagedBlocks,
    }),
  };
}

async function answer(
  { clock, logger }: TelemetryServerDeps,
  routes: Record<string, Handler>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://telemetry');
  try {
    const route = `${request.method} ${url.pathname}`;
    if (!Object.hasOwn(routes, route)) throw new AppError('request.not_found', `Telemetry has nothing at ${route}.`);
    sendJson(response, 200, 'application/json', await routes[route]!(request, url));
  } catch (error) {
    const requestId = newId('req', clock.now());
    if (!(error instanceof AppError)) logger.error({ err: error, request_id: requestId }, 'A telemetry request failed');
    const problem = toProblem(error, requestId);
    // What is left of a body that was refused is not worth reading.
    if (!request.complete) response.setHeader('connection', 'close');
    sendJson(response, problem.status, 'application/problem+json', problem);
  }
}

function sendJson(response: ServerResponse, status: number, type: string, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new AppError('request.too_large', `A batch may have ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AppError('request.malformed', 'The body is not JSON.', { cause });
  }
}
