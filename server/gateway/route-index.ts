import type { Cidr } from '#lib/networks/cidr.ts';
import type { RouteDeployment, RouteEndpoint, RouteTable, RouteTokens } from '#server/routing/route-table.ts';
import { InstancePool, type PoolEnvironment } from './instance-pool.ts';
import { isLimited } from './limit-keeper.ts';
import { parseNetworks } from './network-access.ts';
import { compileSplit, ShareCounter, SplitCursor } from './smooth-split.ts';
import { type TablePart, wholeTable } from './table-parts.ts';
import { TokenBucket } from './token-bucket.ts';
import { TokenVerifier } from './verify-token.ts';

/** Retries of one endpoint: a fifth of its requests and three a second, so that retries cannot become the overload. */
const RETRY_SHARE = 0.2;
const RETRIES_PER_SECOND = 3;
/** What a worker may have in flight at an instance that dies: all of it has to find another one at once. */
const RETRY_BURST = 100;

/** A deployment as the worker serves it. */
export interface DeploymentRoute {
  readonly name: string;
  readonly table: RouteDeployment;
  readonly pool: InstancePool;
  readonly mirror: ShareCounter | null;
  /** Lines that end every answer of this deployment. */
  readonly responseLines: Buffer;
}

/** What outlives a change of the table: counts and budgets of an endpoint. */
export interface EndpointState {
  inFlight: number;
  readonly retries: TokenBucket;
}

export interface EndpointRoute {
  readonly name: string;
  readonly table: RouteEndpoint;
  readonly keys: readonly { id: string; digest: Buffer }[];
  /** Is called with tokens instead of keys. */
  readonly takesTokens: boolean;
  /** Who may call besides this host; null where everybody may. */
  readonly networks: readonly Cidr[] | null;
  readonly deployments: readonly DeploymentRoute[];
  readonly byName: ReadonlyMap<string, DeploymentRoute>;
  readonly mirrors: readonly DeploymentRoute[];
  /** How answers to copies are compared with live ones; null where they are not. */
  readonly comparison: { readonly sample: ShareCounter; readonly relativeTolerance: number } | null;
  readonly weights: readonly number[];
  readonly names: readonly string[];
  /** null when no deployment has a weight. */
  readonly split: SplitCursor | null;
  /** Lower case, or null. */
  readonly stickyHeader: string | null;
  /** Has a limit on requests a second or at once. */
  readonly isLimited: boolean;
  readonly state: EndpointState;
}

/**
 * The route table, ready to serve from. Installing a new table changes what the next request sees; requests in flight keep what they were
 * matched with, and everything that has not changed (connections, counts, the place in the split) stays.
 */
export class RouteIndex {
  revision = 0;
  /** Their word counts on whom a request comes from. */
  trustedForwarders: readonly Cidr[] = [];
  private readonly endpoints = new Map<string, EndpointRoute>();
  /** Endpoints that nobody has called yet, as they came. */
  private readonly packed = new Map<string, string>();
  verifier = new TokenVerifier(undefined);
  private readonly environment: PoolEnvironment;

  constructor(environment: PoolEnvironment) {
    this.environment = environment;
  }

  find(endpoint: string): EndpointRoute | undefined {
    return this.endpoints.get(endpoint) ?? this.unpack(endpoint);
  }

  /** The endpoints that have been called. */
  inUse(): Iterable<EndpointRoute> {
    return this.endpoints.values();
  }

  get size(): number {
    return this.endpoints.size + this.packed.size;
  }

  install(table: RouteTable, now: number = performance.now()): void {
    const names = new Set(table.endpoints.map(({ name }) => name));
    const removed = [...this.endpoints.keys(), ...this.packed.keys()].filter((name) => !names.has(name));
    this.apply({ ...wholeTable(table), removed }, now);
  }

  /** Installs one part of the way to a new table (see `TableChanges`). */
  apply(part: TablePart, now: number = performance.now()): void {
    this.verifier = keepVerifier(this.verifier, part.tokens);
    this.trustedForwarders = parseNetworks(part.trustedForwarders ?? []);
    for (const { name, json } of part.endpoints) {
      const previous = this.endpoints.get(name);
      if (previous === undefined) this.packed.set(name, json);
      else retireMissing(previous, this.serve(json, previous, now));
    }
    for (const name of part.removed) {
      const gone = this.endpoints.get(name);
      if (gone !== undefined) retireMissing(gone, undefined);
      this.endpoints.delete(name);
      this.packed.delete(name);
    }
    if (part.last) this.revision = part.revision;
  }

  private unpack(name: string): EndpointRoute | undefined {
    const json = this.packed.get(name);
    if (json === undefined) return undefined;
    this.packed.delete(name);
    return this.serve(json, undefined, performance.now());
  }

  private serve(json: string, previous: EndpointRoute | undefined, now: number): EndpointRoute {
    const next = this.compile(JSON.parse(json) as RouteEndpoint, previous, now);
    this.endpoints.set(next.name, next);
    return next;
  }

  private compile(table: RouteEndpoint, previous: EndpointRoute | undefined, now: number): EndpointRoute {
    const deployments = table.deployments.map((deployment) =>
      this.compileDeployment(table.name, deployment, previous?.byName.get(deployment.name.toLowerCase())),
    );
    const weights = deployments.map((deployment) => deployment.table.weight);
    const names = deployments.map((deployment) => deployment.name);
    return {
      name: table.name,
      table,
      keys: table.auth.keys.map(({ id, sha256 }) => ({ id, digest: Buffer.from(sha256, 'hex') })),
      takesTokens: table.auth.mode === 'aml_token',
      networks: table.publicNetworkAccess === 'enabled' ? null : parseNetworks(table.allowedNetworks ?? []),
      deployments,
      byName: new Map(deployments.map((deployment) => [deployment.name.toLowerCase(), deployment])),
      mirrors: deployments.filter((deployment) => deployment.mirror !== null),
      comparison: compileComparison(table.mirrorComparison),
      weights,
      names,
      split: this.keepSplit(previous, names, weights),
      stickyHeader: table.stickyHeader?.toLowerCase() ?? null,
      state: previous?.state ?? { inFlight: 0, retries: new TokenBucket(RETRIES_PER_SECOND, RETRY_BURST, now) },
      isLimited: isLimited(table.limits),
    };
  }

  private compileDeployment(
    endpoint: string,
    table: RouteDeployment,
    previous: DeploymentRoute | undefined,
  ): DeploymentRoute {
    const pool = previous?.pool ?? new InstancePool(endpoint, table.name, this.environment);
    pool.reconfigure(table);
    return {
      name: table.name,
      table,
      pool,
      mirror: keepMirror(table, previous),
      responseLines: Buffer.from(`azureml-model-deployment: ${table.name}\r\nVia: 1.1 viridian\r\n`, 'latin1'),
    };
  }

  /** The same split goes on where it was: a table that changes something else must not disturb the shares. */
  private keepSplit(previous: EndpointRoute | undefined, names: readonly string[], weights: readonly number[]) {
    if (previous !== undefined && isEqual(previous.names, names) && isEqual(previous.weights, weights)) {
      return previous.split;
    }
    const order = compileSplit(weights);
    return order === null ? null : new SplitCursor(order);
  }
}

/** Counts a request towards the retries that its endpoint may spend. */
export function earnRetry(state: EndpointState): void {
  state.retries.add(RETRY_SHARE);
}

/** The same signing keys keep what they have verified. */
function keepVerifier(previous: TokenVerifier, tokens: RouteTokens | undefined): TokenVerifier {
  return JSON.stringify(previous.tokens) === JSON.stringify(tokens) ? previous : new TokenVerifier(tokens);
}

function compileComparison(wanted: RouteEndpoint['mirrorComparison']): EndpointRoute['comparison'] {
  if (wanted === undefined) return null;
  return { sample: new ShareCounter(wanted.samplePercent), relativeTolerance: wanted.relativeTolerance };
}

function keepMirror(table: RouteDeployment, previous: DeploymentRoute | undefined): ShareCounter | null {
  if (table.mirrorPercent === 0) return null;
  if (previous?.mirror && previous.table.mirrorPercent === table.mirrorPercent) return previous.mirror;
  return new ShareCounter(table.mirrorPercent);
}

function retireMissing(old: EndpointRoute, current: EndpointRoute | undefined): void {
  for (const deployment of old.deployments)
    if (!current?.byName.has(deployment.name.toLowerCase())) deployment.pool.retire();
}

function isEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
