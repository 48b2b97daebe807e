import { createHash } from 'node:crypto';
import type { RouteDeployment, RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';
import { formatRequest } from './load-generator.ts';
import { ENDPOINTS, type EndpointName } from './gateway-models.ts';

/** The key of every endpoint of the bench. */
export const KEY = 'bench-key-0123456789abcdef0123456789abcdef';
const KEY_DIGEST = createHash('sha256').update(KEY).digest('hex');

/** A small POST as it goes over the wire, base64. */
export function smallRequest(path: string): string {
  return formatRequest('POST', path, REQUEST_FIELDS, 'x'.repeat(64));
}

const REQUEST_FIELDS = { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' };

type Ports = Readonly<Record<EndpointName, readonly [number, number]>>;

/**
 * The route table of the bench: its own endpoints, `small` before all, and so many others beside them that there are `count`. Sorted by name like every table.
 * @param revision also decides the generation of the instances: a table of another revision replaces all of them
 */
export function benchTable(ports: Ports, count: number, revision = 1): RouteTable {
  const own = ENDPOINTS.slice(0, count).map((name) => benchEndpoint(name, ports[name], revision));
  const others = Array.from({ length: count - own.length }, (_, index) =>
    benchEndpoint(`other-${String(index).padStart(5, '0')}`, ports.small, revision),
  );
  const endpoints = [...own, ...others].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { version: 1, revision, endpoints };
}

function benchEndpoint(endpoint: string, [blue, green]: readonly [number, number], generation: number): RouteEndpoint {
  const deployment = (name: string, weight: number, port: number): RouteDeployment => ({
    name,
    weight,
    mirrorPercent: 0,
    requestTimeoutMs: 60_000,
    maxQueueWaitMs: 30_000,
    instances: [{ id: `${endpoint}-${name}`, generation, host: '127.0.0.1', port, maxConcurrency: 20_000 }],
  });
  return {
    name: endpoint,
    auth: { mode: 'key', keys: [{ id: 'primary', sha256: KEY_DIGEST }] },
    publicNetworkAccess: 'enabled',
    stickyHeader: null,
    limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: null },
    idempotentPredictions: false,
    mapModelErrors: false,
    allowWebsocket: false,
    corsOrigins: [],
    deployments: [deployment('blue', 90, blue), deployment('green', 10, green)],
  };
}
