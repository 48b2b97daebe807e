import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { ComparisonRecord } from '#server/telemetry/comparison-record.ts';
import type { RouteDeployment, RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';
import {
  GATEWAY_REASONS,
  type GatewayReason,
  RECORD,
  RECORD_WIDTH,
  type RequestBatch,
} from '#server/telemetry/request-record.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../gateway.ts';
import { type Answer, OK, type RawModel, startModel } from './raw-model.ts';

export const KEY = 'primary-key-of-the-endpoint';
export const AUTH = `Authorization: Bearer ${KEY}\r\n`;

export function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** A deployment with one instance per port. */
export function deployment(
  name: string,
  ports: readonly number[],
  more: Partial<RouteDeployment> = {},
): RouteDeployment {
  return {
    name,
    weight: 100,
    mirrorPercent: 0,
    requestTimeoutMs: 10_000,
    maxQueueWaitMs: 10_000,
    instances: ports.map((port, i) => ({
      id: `${name}-${i}`,
      generation: 1,
      host: '127.0.0.1',
      port,
      maxConcurrency: 100,
    })),
    ...more,
  };
}

export function endpoint(deployments: RouteDeployment[], more: Partial<RouteEndpoint> = {}): RouteEndpoint {
  return {
    name: 'iris',
    auth: { mode: 'key', keys: [{ id: 'primary', sha256: digest(KEY) }] },
    publicNetworkAccess: 'enabled',
    stickyHeader: null,
    limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: null },
    idempotentPredictions: false,
    mapModelErrors: false,
    allowWebsocket: false,
    corsOrigins: [],
    deployments,
    ...more,
  };
}

let lastRevision = 0;

export function table(...endpoints: RouteEndpoint[]): RouteTable {
  lastRevision += 1;
  return { version: 1, revision: lastRevision, endpoints };
}

/** What a record says, by name. */
export interface SeenRecord {
  endpoint: string;
  deployment: string;
  instance: string;
  status: number;
  reason: GatewayReason;
  bytesIn: number;
  bytesOut: number;
  flags: number;
}

export interface TestGateway {
  readonly port: number;
  readonly gateway: Gateway;
  /** Records written so far. */
  records(): Promise<SeenRecord[]>;
  /** What came of comparisons so far. */
  comparisons(): Promise<ComparisonRecord[]>;
}

/** Ends quickly, looks at deadlines often, and keeps idle connections longer than a busy host takes for a test. */
const QUICK = {
  drainTimeoutMs: 100,
  lingerTimeoutMs: 50,
  sweepIntervalMs: 5,
  upstreamIdleMs: 30_000,
  upstreamIdleUnrepeatableMs: 30_000,
};

/** A gateway in this process on a port of its own, closed when the test ends. */
export async function startGateway(
  routes: RouteTable | null,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const batches: RequestBatch[] = [];
  const comparisons: ComparisonRecord[] = [];
  const gateway = createGateway({
    hopId: 'this-gateway',
    source: 'test',
    sendRecords: async (batch) => {
      batches.push(structuredClone(batch));
      return 'arrived';
    },
    sendComparisons: async (batch) => {
      comparisons.push(...structuredClone(batch.records));
      return 'arrived';
    },
    ...options,
    settings: { ...QUICK, ...options.settings },
  });
  if (routes !== null) gateway.install(routes);
  const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => gateway.drain());
  return {
    port,
    gateway,
    async records() {
      await gateway.core.recorder.flush();
      return batches.flatMap(readBatch);
    },
    async comparisons() {
      await gateway.core.comparer.reporter.flush();
      return comparisons;
    },
  };
}

function readBatch({ targets, records }: RequestBatch): SeenRecord[] {
  return Array.from({ length: records.length / RECORD_WIDTH }, (_, index) => {
    const at = (column: number): number => records[index * RECORD_WIDTH + column] as number;
    const [name, chosen, instance] = targets[at(RECORD.target)] as [string, string, string];
    return {
      endpoint: name,
      deployment: chosen,
      instance,
      status: at(RECORD.status),
      reason: GATEWAY_REASONS[at(RECORD.reason)] as GatewayReason,
      bytesIn: at(RECORD.bytesIn),
      bytesOut: at(RECORD.bytesOut),
      flags: at(RECORD.flags),
    };
  });
}

/** A model that is closed when the test ends. */
export async function startTestModel(answer: Answer = OK): Promise<RawModel> {
  const model = await startModel(answer);
  onTestFinished(() => model.close());
  return model;
}

/** A gateway with one endpoint `iris` and one deployment `blue` in front of one model. */
export async function startSimple(
  answer: Answer = OK,
  more: Partial<RouteEndpoint> = {},
  options: Partial<GatewayOptions> & { deployment?: Partial<RouteDeployment> } = {},
): Promise<TestGateway & { model: RawModel }> {
  const model = await startTestModel(answer);
  const routes = table(endpoint([deployment('blue', [model.port], options.deployment)], more));
  return { ...(await startGateway(routes, options)), model };
}

/** A prediction as a client sends it. */
export function post(body = '{}', fields = '', path = '/iris/score'): string {
  return `POST ${path} HTTP/1.1\r\nHost: gateway.test\r\n${AUTH}${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export function get(path = '/iris/score', fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: gateway.test\r\n${AUTH}${fields}\r\n`;
}

/** Resolves when a condition holds; the test's own time-out is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
