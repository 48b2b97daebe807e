import { createKeyedWorkQueue } from '#server/kernel/keyed-work-queue.ts';
import type { RecordedChange } from '#server/domain/change.ts';
import { listEndpointNames } from '#server/store/endpoint-store.ts';
import { applyAction, type ApplyDeps } from './apply-action.ts';
import { collectGarbage, listLeftovers } from './collect-garbage.ts';
import { deriveInstances, deriveStatus, isEmptyStatus } from './derive-status.ts';
import { listNeededBuilds } from './list-needed-builds.ts';
import { observeEndpoint, type EndpointObservation, type ObserveDeps } from './observe-endpoint.ts';
import { planEndpoint } from './plan-endpoint.ts';
import type { RouteSync } from './sync-routes.ts';
import { writeStatus } from './write-status.ts';

const RESYNC_MS = 30_000;

/** While something is under way that nobody need tell of: a probe's answer for the operation's page, a drain. */
const LOOK_AGAIN_MS = 1_000;
const LOOK_AGAIN_UNSETTLED_MS = 100;

/** A pass waits this long for the workers before it goes on to other things; their acknowledgement brings it back. */
const CONFIRM_MS = 300;

/** Steps of one pass; each follows from the one before. More than any rollout has means that the plan runs in circles. */
const MAX_ROUNDS = 32;

export interface ReconcileDeps extends ApplyDeps {
  routes: ObserveDeps['routes'];
  clock: ObserveDeps['clock'];
  gpuCount: ObserveDeps['gpuCount'];
  /** Keys of builds that somebody else than a deployment waits for. */
  otherBuilds: () => readonly string[];
  sync: RouteSync;
}

/**
 * Makes the world what the store wants, one endpoint at a time: observe, plan, apply, observe, derive the status, publish the routes. Nothing is
 * remembered between passes, so a missed hint costs time and never correctness.
 */
export interface ReconcileLoop {
  /** Takes stock without changing anything, publishes the routes, and then begins to work. */
  start(): Promise<void>;
  /** Asks for a pass over an endpoint. */
  look(endpoint: string): void;
  /** Asks for a pass over every endpoint that something is under way for. */
  lookAtUnfinished(): void;
  /** Resolves when no pass runs and none is due at once. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export function createReconcileLoop(deps: ReconcileDeps): ReconcileLoop {
  const { database, driver, routes, logger } = deps;
  const unfinished = new Set<string>();
  /** Endpoints that something is left of. It goes in their next pass, because between passes an instance of theirs could begin to write. */
  const littered = new Set<string>();
  const unsubscribe: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let resyncing = Promise.resolve();

  const queue = createKeyedWorkQueue({
    work: pass,
    onError: (endpoint, error, retryInMs) =>
      logger.error({ err: error, endpoint, retry_in_ms: retryInMs }, 'A pass over an endpoint failed'),
  });

  async function pass(endpoint: string): Promise<void> {
    for (const id of deps.refusals.keys()) if (id.startsWith(`${endpoint}.`)) deps.refusals.delete(id);
    if (littered.delete(endpoint)) await tidy(endpoint);
    let rounds = 0;
    while (await round(endpoint)) {
      rounds += 1;
      if (rounds > MAX_ROUNDS) throw new Error(`The plan of endpoint ${endpoint} does not come to rest.`);
    }
  }

  async function tidy(endpoint: string): Promise<void> {
    for (const { endpointName, name } of await listLeftovers(database, driver)) {
      if (endpointName === endpoint) await driver.forgetDeployment(endpointName, name);
    }
  }

  /** Returns whether anything changed, and so whether another look is due at once. */
  async function round(endpoint: string): Promise<boolean> {
    const before = await observeEndpoint(deps, endpoint);
    const actions = before === null ? [] : planEndpoint(before);
    for (const action of actions) await applyAction(deps, action);
    const after = actions.length === 0 ? before : await observeEndpoint(deps, endpoint);
    const wrote = after !== null && (await record(after));
    const published = isServed(endpoint, after) ? false : await deps.sync.sync();
    if (published) await routes.confirm(CONFIRM_MS);
    scheduleNext(endpoint, after);
    return wrote || published || actions.some(({ kind }) => kind !== 'stop_instance');
  }

  /** Whether the published table already says of the endpoint what it should: then the whole need not be compiled to find out. */
  function isServed(endpoint: string, observation: EndpointObservation | null): boolean {
    if (observation !== null) return observation.routes.upToDate;
    return routes.published?.endpoints.every(({ name }) => name !== endpoint) ?? false;
  }

  async function record(observation: EndpointObservation): Promise<boolean> {
    const status = deriveStatus(observation);
    if (isEmptyStatus(status)) return false;
    await writeStatus(database, status);
    return true;
  }

  function scheduleNext(endpoint: string, observation: EndpointObservation | null): void {
    const busy =
      observation !== null &&
      (observation.operations.length > 0 ||
        observation.instances.some(({ desired }) => desired === 'remove') ||
        [...observation.builds.values()].some(({ state }) => state.kind === 'building'));
    if (!busy) return void unfinished.delete(endpoint);
    unfinished.add(endpoint);
    queue.add(endpoint, routes.isSettled() ? LOOK_AGAIN_MS : LOOK_AGAIN_UNSETTLED_MS);
  }

  /** Intents wake the loop; what it observed and wrote itself does not, or it would feed on its own writes. */
  function onChanges(changes: readonly RecordedChange[]): void {
    for (const { resource, kind } of changes) {
      const [, collection, endpoint] = resource.split('/');
      if (kind !== 'status' && collection === 'endpoints' && endpoint !== undefined) queue.add(endpoint);
    }
  }

  function lookAtUnfinished(): void {
    for (const endpoint of unfinished) queue.add(endpoint);
  }

  /** What is there now and where, before anything is published from the store. */
  async function takeStock(): Promise<void> {
    for (const endpoint of await listEndpointNames(database)) {
      const observation = await observeEndpoint(deps, endpoint);
      if (observation === null) continue;
      await writeStatus(database, { instances: deriveInstances(observation), deployments: [], operations: [] });
    }
  }

  async function resync(): Promise<void> {
    try {
      const collected = await collectGarbage(database, driver, logger);
      if (collected.length > 0) logger.warn({ instances: collected }, 'Removing instances that nobody owns');
      const needed = await listNeededBuilds(database);
      await deps.environments.retain(new Set([...needed, ...deps.otherBuilds()]));
      for (const { endpointName } of await listLeftovers(database, driver)) littered.add(endpointName);
      for (const endpoint of [...littered, ...(await listEndpointNames(database))]) queue.add(endpoint);
    } catch (error) {
      logger.error({ err: error }, 'A full resync failed and is tried again at its next turn');
    }
  }

  return {
    async start() {
      await takeStock();
      await deps.sync.sync();
      unsubscribe.push(
        database.onChanges(onChanges),
        driver.onHint((endpoint) => queue.add(endpoint)),
        deps.environments.onHint(() => lookAtUnfinished()),
      );
      timer = setInterval(() => (resyncing = resyncing.then(resync)), RESYNC_MS);
      resyncing = resync();
      await resyncing;
    },
    look: (endpoint) => queue.add(endpoint),
    lookAtUnfinished,
    idle: () => queue.idle(),
    async stop() {
      clearInterval(timer);
      for (const end of unsubscribe) end();
      // What it still reads must not be closed under it.
      await resyncing;
      await queue.stop();
    },
  };
}
