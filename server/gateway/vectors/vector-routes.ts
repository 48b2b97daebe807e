import { createHash } from 'node:crypto';
import type { RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';
import { KEY } from './vector.ts';

/** Nobody listens there: 0 is no port that anything could be bound to. */
const REFUSING_PORT = 1;

/** The endpoints of the vectors, all in front of one model. */
export function vectorRoutes(modelPort: number): RouteTable {
  const endpoints = [
    endpoint('dead', REFUSING_PORT),
    endpoint('empty', null),
    endpoint('iris', modelPort),
    endpoint('mapped', modelPort, { mapModelErrors: true }),
    endpoint('tiny', modelPort, { limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: 1_000 } }),
    endpoint('ws', modelPort, { allowWebsocket: true }),
  ];
  return { version: 1, revision: 1, endpoints };
}

function endpoint(name: string, port: number | null, more: Partial<RouteEndpoint> = {}): RouteEndpoint {
  const instance = { id: `${name}-0`, generation: 1, host: '127.0.0.1', maxConcurrency: 100 };
  const deployment = {
    name: 'blue',
    weight: 100,
    mirrorPercent: 0,
    requestTimeoutMs: 10_000,
    maxQueueWaitMs: 0,
    instances: port === null ? [] : [{ ...instance, port }],
  };
  return {
    name,
    auth: { mode: 'key', keys: [{ id: 'primary', sha256: createHash('sha256').update(KEY).digest('hex') }] },
    publicNetworkAccess: 'enabled',
    stickyHeader: null,
    limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: null },
    idempotentPredictions: false,
    mapModelErrors: false,
    allowWebsocket: false,
    corsOrigins: [],
    deployments: [deployment],
    ...more,
  };
}
