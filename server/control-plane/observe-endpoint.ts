import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { UNOBSERVED, type InstanceObservation, type InstanceRecord } from '#server/domain/instance.ts';
import type { ObservedInstance, RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import { compileRouteTable } from '#server/routing/compile-route-table.ts';
import type { RouteTablePublisher } from '#server/routing/publish-route-table.ts';
import type { Reader } from '#server/store/database.ts';
import type { BuildRecord, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import { loadEndpointState, type EndpointState } from '#server/store/endpoint-state.ts';
import { listBuildKeys } from './environment-state.ts';

/** What the gateway serves, as far as a plan asks. */
export interface RouteFacts {
  revision: number;
  confirmed: number;
  total: number;
  connected: boolean;
  /** No worker can still be sending requests by an older table. */
  settled: boolean;
  /** Instances of the endpoint in the published table. */
  routed: ReadonlySet<string>;
  /** The published table holds this endpoint as it is now wanted and observed. */
  upToDate: boolean;
}

/** Why an instance cannot be started as it is wanted. */
export interface Refusal {
  code: ErrorCode;
  detail: string;
  /** Last lines of what was tried, where that wrote any. */
  logTail?: readonly string[];
}

/** Desired and actual state of an endpoint at one instant: everything that a plan and a status are made from. */
export interface EndpointObservation extends EndpointState {
  now: number;
  /** What the driver has of this endpoint, by instance id. */
  actual: ReadonlyMap<string, ObservedInstance>;
  /** Of the last attempts to start, by instance id. */
  refusals: ReadonlyMap<string, Refusal>;
  /** Builds of the environments that are needed, by key. */
  builds: ReadonlyMap<string, BuildRecord>;
  /** Of this host. */
  gpuCount: number;
  routes: RouteFacts;
}

export interface ObserveDeps {
  database: Reader;
  driver: RuntimeDriver;
  routes: RouteTablePublisher;
  clock: Clock;
  refusals: ReadonlyMap<string, Refusal>;
  environments: Pick<EnvironmentBuilder, 'find'>;
  gpuCount: number;
}

/** Null when there is no such endpoint any more. */
export async function observeEndpoint(deps: ObserveDeps, name: string): Promise<EndpointObservation | null> {
  const observed = await deps.driver.observe();
  const state = await loadEndpointState(deps.database, name);
  if (state === null) return null;
  const actual = new Map(observed.filter((seen) => seen.endpoint === name).map((seen) => [seen.instanceId, seen]));
  return {
    ...state,
    now: deps.clock.now(),
    actual,
    refusals: deps.refusals,
    builds: await findBuilds(deps.environments, state),
    gpuCount: deps.gpuCount,
    routes: routeFacts(deps.routes, state, actual),
  };
}

async function findBuilds(
  environments: ObserveDeps['environments'],
  { deployments, instances }: EndpointState,
): Promise<Map<string, BuildRecord>> {
  const builds = new Map<string, BuildRecord>();
  for (const key of listBuildKeys([...deployments, ...instances].map(({ spec }) => spec))) {
    const build = await environments.find(key);
    if (build !== null) builds.set(key, build);
  }
  return builds;
}

function routeFacts(
  routes: RouteTablePublisher,
  state: EndpointState,
  actual: ReadonlyMap<string, ObservedInstance>,
): RouteFacts {
  // What was just observed is not stored yet: a table made from the rows alone would look up to date and lack a ready instance.
  const instances = state.instances.map((row) => ({ ...row, ...describeInstance(row, actual.get(row.id)) }));
  const wanted = compileRouteTable([{ ...state, instances }], 0).endpoints[0];
  const published = routes.published?.endpoints.find(({ name }) => name === state.endpoint.name);
  const routed = published?.deployments.flatMap((deployment) => deployment.instances) ?? [];
  return {
    ...routes.confirmation(),
    connected: routes.connected,
    settled: routes.isSettled(),
    routed: new Set(routed.map(({ id }) => id)),
    upToDate: JSON.stringify(wanted) === JSON.stringify(published),
  };
}

/**
 * What the driver says of an instance, in the words of the store. One that the driver does not have has not been started;
 * one that is to go shows that it does.
 */
export function describeInstance(row: InstanceRecord, seen: ObservedInstance | undefined): InstanceObservation {
  if (seen === undefined) return UNOBSERVED;
  const leaving = row.desired === 'remove' && seen.state !== 'stopping';
  return {
    state: leaving ? 'draining' : seen.state,
    generation: seen.generation,
    host: seen.address?.host ?? null,
    port: seen.address?.port ?? null,
    grpcPort: seen.address?.grpcPort ?? null,
    startedAt: seen.startedAt === null ? null : Date.parse(seen.startedAt),
    restarts: seen.restarts,
    lastExit: seen.lastExit,
    runtimeRef: seen.runtimeRef,
    memoryLimitBy: seen.memoryLimitBy,
    probe: seen.probe,
  };
}
