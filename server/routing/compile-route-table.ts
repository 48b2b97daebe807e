import { parseExternalUrl } from '#lib/contracts/external-rules.ts';
import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { EndpointKeyRecord, EndpointRecord } from '#server/domain/endpoint.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import { longestBackOffMs } from '#server/domain/restart-back-off.ts';
import { type TokenIssuer, tokenAudience } from '#server/domain/token-signing-key.ts';
import {
  ROUTE_TABLE_VERSION,
  type RouteDeployment,
  type RouteEndpoint,
  type RouteInstance,
  type RouteTable,
  type RouteTokens,
} from './route-table.ts';

/** What the table needs to know of one endpoint. */
export interface RouteSource {
  endpoint: EndpointRecord;
  keys: readonly EndpointKeyRecord[];
  deployments: readonly DeploymentRecord[];
  instances: readonly InstanceRecord[];
}

/** What the table says besides its endpoints. */
export interface RouteSurroundings {
  /** Null before the first token is issued. */
  issuer: TokenIssuer | null;
  /** CIDRs. */
  trustedForwarders: readonly string[];
}

/** A third of what callers wait for a first instance: the rest is for its start. */
const LONGEST_HELD_BACK_OFF_MS = 10_000;

const NOTHING_AROUND: RouteSurroundings = { issuer: null, trustedForwarders: [] };

/**
 * The route table of a state. Everything is sorted by name, so that equal states give equal bytes and only a real change is published. What is
 * being deleted is left out; an instance is in it while it is ready and wanted.
 */
export function compileRouteTable(
  sources: readonly RouteSource[],
  revision: number,
  around: RouteSurroundings = NOTHING_AROUND,
): RouteTable {
  const { issuer, trustedForwarders } = around;
  const endpoints = sources.filter(({ endpoint }) => endpoint.desiredState === 'run').map(compileEndpoint);
  return {
    version: ROUTE_TABLE_VERSION,
    revision,
    endpoints: endpoints.toSorted(byName),
    ...(issuer !== null && { tokens: { issuer: issuer.issuer, keys: compileSigningKeys(issuer) } }),
    ...(trustedForwarders.length > 0 && { trustedForwarders: [...trustedForwarders] }),
  };
}

function compileSigningKeys({ keys }: TokenIssuer): RouteTokens['keys'] {
  return keys.map(({ kid, publicKey }) => ({ kid, publicKey })).toSorted((a, b) => (a.kid < b.kid ? -1 : 1));
}

function compileEndpoint(source: RouteSource): RouteEndpoint {
  const { endpoint, keys, deployments, instances } = source;
  return {
    name: endpoint.name,
    auth: compileAuth(endpoint, keys),
    publicNetworkAccess: endpoint.publicNetworkAccess,
    ...(endpoint.publicNetworkAccess === 'disabled' && { allowedNetworks: endpoint.allowedNetworks.toSorted() }),
    stickyHeader: endpoint.stickyHeader,
    limits: endpoint.limits ?? { requestsPerSecond: null, concurrency: null, maxBodyBytes: null },
    idempotentPredictions: endpoint.idempotentPredictions,
    mapModelErrors: endpoint.mapModelErrors,
    allowWebsocket: endpoint.allowWebsocket,
    corsOrigins: endpoint.corsOrigins.toSorted(),
    ...compileComparison(endpoint),
    deployments: deployments
      .filter((deployment) => deployment.desiredState === 'run')
      .map((deployment) => compileDeployment(endpoint, deployment, instances))
      .toSorted(byName),
  };
}

/** Left out where there is nothing to compare, so that the gateway does not look for it. */
function compileComparison({ mirrorComparison, mirrorTraffic }: EndpointRecord): Partial<RouteEndpoint> {
  const hasMirrors = Object.values(mirrorTraffic).some((percent) => percent > 0);
  return mirrorComparison === null || mirrorComparison.samplePercent === 0 || !hasMirrors ? {} : { mirrorComparison };
}

/** The keys of an endpoint that is called with tokens open nothing: they wait for it to be called with keys again. */
function compileAuth({ authMode, uid }: EndpointRecord, keys: readonly EndpointKeyRecord[]): RouteEndpoint['auth'] {
  if (authMode === 'aml_token') return { mode: authMode, keys: [], audience: tokenAudience(uid) };
  if (authMode !== 'key') return { mode: authMode, keys: [] };
  const digests = keys.map((key) => ({ id: key.slot, sha256: key.sha256 }));
  return { mode: authMode, keys: digests.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** Limits are those of the deployment as it is wanted now, also for instances of the version before: they change without replacing any. */
function compileDeployment(
  endpoint: EndpointRecord,
  deployment: DeploymentRecord,
  instances: readonly InstanceRecord[],
): RouteDeployment {
  const { name, spec } = deployment;
  const own = instances.filter((instance) => instance.deploymentName === name);
  const routed = own.flatMap((instance) => {
    const { id, generation, host, port } = instance;
    if (!isRoutable(instance) || host === null || port === null) return [];
    const maxConcurrency = spec.maxConcurrentRequestsPerInstance;
    return [
      {
        id,
        generation,
        host,
        port,
        maxConcurrency,
        ...compileGrpc(instance),
        ...compileExternal(instance.spec),
      },
    ];
  });
  const coming = own.filter(isComing).length;
  return {
    name,
    weight: endpoint.traffic[name] ?? 0,
    mirrorPercent: endpoint.mirrorTraffic[name] ?? 0,
    requestTimeoutMs: spec.requestTimeoutMs,
    maxQueueWaitMs: spec.maxQueueWaitMs,
    instances: routed.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ...(routed.length === 0 && coming > 0 && { coldSlots: coming * spec.maxConcurrentRequestsPerInstance }),
  };
}

/** Of what runs here its driver says where it is reached; of servers elsewhere the deployment does. */
function compileGrpc({ grpcPort: own, spec }: InstanceRecord): Pick<RouteInstance, 'grpcPort'> {
  const grpcPort = spec.external?.grpcPort ?? own;
  return grpcPort === null ? {} : { grpcPort };
}

/** What an instance is called is part of what it was made as: an older one beside it may be another server. */
function compileExternal({ external }: InstanceRecord['spec']): Pick<RouteInstance, 'external'> {
  const url = external?.urls[0];
  if (external === undefined || url === undefined) return {};
  const { authority, basePath, host, isSecure } = parseExternalUrl(url);
  const names = Object.keys(external.headers).toSorted();
  const headers = Object.fromEntries(names.map((name) => [name, external.headers[name] as string]));
  return { external: { authority, basePath, headers, tlsName: isSecure ? host : null } };
}

/** Ready and wanted: whether an instance takes requests. */
export function isRoutable(instance: Pick<InstanceRecord, 'state' | 'desired' | 'drainingSince'>): boolean {
  return instance.state === 'ready' && instance.desired === 'run' && instance.drainingSince === null;
}

/**
 * Wanted and about to be ready: a caller may wait for it. One that has crashed is, too, while it is sure to be started again so soon that a caller
 * who comes first can still be answered.
 */
function isComing({ state, desired, drainingSince, restarts }: InstanceRecord): boolean {
  const isRetried = state === 'backing_off' && longestBackOffMs(restarts) <= LONGEST_HELD_BACK_OFF_MS;
  const isOnItsWay = state === 'starting' || state === 'probing' || state === 'exited' || isRetried;
  return isOnItsWay && desired === 'run' && drainingSince === null;
}

/** Whether two tables route alike, whatever their numbers. */
export function routesAlike(a: RouteTable, b: RouteTable): boolean {
  return JSON.stringify({ ...a, revision: 0 }) === JSON.stringify({ ...b, revision: 0 });
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
