import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { EndpointKeyRecord, EndpointRecord } from '#server/domain/endpoint.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import { ROUTE_TABLE_VERSION, type RouteDeployment, type RouteEndpoint, type RouteTable } from './route-table.ts';

/** What the table needs to know of one endpoint. */
export interface RouteSource {
  endpoint: EndpointRecord;
  keys: readonly EndpointKeyRecord[];
  deployments: readonly DeploymentRecord[];
  instances: readonly InstanceRecord[];
}

/**
 * The route table of a state. Everything is sorted by name, so that equal states give equal bytes and only a real change is published. What is
 * being deleted is left out; an instance is in it while it is ready and wanted.
 */
export function compileRouteTable(sources: readonly RouteSource[], revision: number): RouteTable {
  const endpoints = sources.filter(({ endpoint }) => endpoint.desiredState === 'run').map(compileEndpoint);
  return { version: ROUTE_TABLE_VERSION, revision, endpoints: endpoints.toSorted(byName) };
}

function compileEndpoint(source: RouteSource): RouteEndpoint {
  const { endpoint, keys, deployments, instances } = source;
  return {
    name: endpoint.name,
    auth: {
      mode: endpoint.authMode,
      keys: keys.map((key) => ({ id: key.slot, sha256: key.sha256 })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    },
    publicNetworkAccess: endpoint.publicNetworkAccess,
    stickyHeader: endpoint.stickyHeader,
    limits: endpoint.limits ?? { requestsPerSecond: null, concurrency: null, maxBodyBytes: null },
    idempotentPredictions: endpoint.idempotentPredictions,
    mapModelErrors: endpoint.mapModelErrors,
    allowWebsocket: endpoint.allowWebsocket,
    corsOrigins: endpoint.corsOrigins.toSorted(),
    deployments: deployments
      .filter((deployment) => deployment.desiredState === 'run')
      .map((deployment) => compileDeployment(endpoint, deployment, instances))
      .toSorted(byName),
  };
}

/** Limits are those of the deployment as it is wanted now, also for instances of the version before: they change without replacing any. */
function compileDeployment(
  endpoint: EndpointRecord,
  deployment: DeploymentRecord,
  instances: readonly InstanceRecord[],
): RouteDeployment {
  const { name, spec } = deployment;
  return {
    name,
    weight: endpoint.traffic[name] ?? 0,
    mirrorPercent: endpoint.mirrorTraffic[name] ?? 0,
    requestTimeoutMs: spec.requestTimeoutMs,
    maxQueueWaitMs: spec.maxQueueWaitMs,
    instances: instances
      .filter((instance) => instance.deploymentName === name)
      .flatMap((instance) => {
        const { id, generation, host, port } = instance;
        if (!isRoutable(instance) || host === null || port === null) return [];
        return [{ id, generation, host, port, maxConcurrency: spec.maxConcurrentRequestsPerInstance }];
      })
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** Ready and wanted: whether an instance takes requests. */
export function isRoutable(instance: Pick<InstanceRecord, 'state' | 'desired' | 'drainingSince'>): boolean {
  return instance.state === 'ready' && instance.desired === 'run' && instance.drainingSince === null;
}

/** Whether two tables route alike, whatever their numbers. */
export function routesAlike(a: RouteTable, b: RouteTable): boolean {
  return JSON.stringify(a.endpoints) === JSON.stringify(b.endpoints);
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
