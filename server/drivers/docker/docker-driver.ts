import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { OnceRun, ProgramEnd } from '#server/domain/trial.ts';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import { ownIdentity } from '#server/kernel/process-identity.ts';
import { createCursorSource } from '../console/console-line.ts';
import { createConsoleStore } from '../console/console-store.ts';
import { createLogSegments } from '../console/log-segments.ts';
import {
  DriverUnavailableError,
  type EnsureOutcome,
  type InstanceSpec,
  type ObservedInstance,
  type ResourceUse,
  type RuntimeDriver,
} from '../runtime-driver.ts';
import { type Addressing, findAddressing } from './addressing.ts';
import { createContainerConsole } from './container-console.ts';
import { type ContainerRecord, freshRecord, readRecord, recordPath } from './container-record.ts';
import { DEFAULT_PIDS_LIMIT } from './container-request.ts';
import { createEngine, type InspectedContainer, type ListedContainer } from './engine.ts';
import { createGpuPool } from './gpu-pool.ts';
import { createGpuMeter, type MeasuredGpu } from './gpu-use.ts';
import { inBatches } from './in-batches.ts';
import { type ContainerMark, generationsFilter, instanceFilter, networkName, readMark, trialFilter } from './labels.ts';
import { type ContainerInstanceSpec, makeContainer, type MakerDeps } from './make-container.ts';
import { createDeploymentNetworks } from './networks.ts';
import { runOnce } from './run-once.ts';
import { pause } from '../supervision/pause.ts';
import { type ContainerSupervisor, superviseContainer } from './supervise-container.ts';
import { watchEngine } from './watch-engine.ts';

export interface DockerDriverOptions {
  /** `unix:///path/to/docker.sock` or `tcp://host:port`, as in DOCKER_HOST. */
  engineHost: string;
  /** Tells containers of this installation from those of another on the same engine. */
  installationId: string;
  /** Of this driver alone: `state` and `logs` are kept below it. */
  folder: string;
  /** Folders below which anything may be mounted read-only. */
  mountRoots: readonly string[];
  /** Ids of GPUs or MIG slices that instances may be given. */
  listGpus: () => Promise<readonly string[]>;
  measureGpus: () => Promise<readonly MeasuredGpu[]>;
  /** How instances are dialled; left out, it is found out. */
  addressing?: Addressing;
  /** CIDR that the networks of deployments are cut from, a /25 each; left out, ours where that is free. */
  addressPool?: string | undefined;
  /** Processes and threads of an instance. */
  pidsLimit?: number;
  clock: Clock;
  onError: (what: string, error: unknown) => void;
}

/** Seldom used, and checked against what the host has a way to. */
const DEFAULT_ADDRESS_POOL = '10.213.0.0/16';

/** A list as old as this still counts as a look at the world: events have told of what happened since. */
const LIST_FRESH_MS = 1_000;

/** Longest wait for a list by somebody who observes. */
const LOOK_MS = 500;

/** A container without a record belongs to nobody after this long: twice the time in which every wanted instance has been asked for. */
const CLAIM_MS = 60_000;

/** How long an engine that is down is waited for before what needs it is refused. */
const PATIENCE_MS = 15_000;

/** Requests to the engine under way at once. */
const SAMPLES_AT_ONCE = 16;

export interface DockerDriver extends RuntimeDriver {
  /** How instances are dialled; null until the engine has been seen. */
  readonly addressing: Addressing | null;
  /** RFC 3339; null while the engine answers. */
  readonly engineDownSince: string | null;
  /** Devices that instances can be given, and those that nobody has. */
  countGpus(): Promise<{ total: number; free: number }>;
  /** Runs the program of an instance to its end, where and as its instances would run. */
  runOnce(spec: InstanceSpec, run: OnceRun): Promise<ProgramEnd>;
}

/** Runs instances as containers of a Docker engine. The engine may be down at any time: then what was last seen is told, and marked so. */
export function createDockerDriver(options: DockerDriverOptions): DockerDriver {
  const { clock, installationId } = options;
  const stateDir = join(resolve(options.folder), 'state');
  const consoles = createConsoleStore(join(resolve(options.folder), 'logs'));
  const cursors = createCursorSource(clock.now);
  const engine = createEngine(options.engineHost);
  const filter = instanceFilter(installationId);
  const { bootId } = ownIdentity();
  const supervisors = new Map<string, ContainerSupervisor>();
  const removals = new Map<string, Promise<void>>();
  /** Instances whose containers are gone and whose network may still be there: until that has gone too they are not removed. */
  const departed = new Set<string>();
  /** What runs once, and has its network meanwhile. */
  const runningOnce = new Set<ContainerInstanceSpec>();
  const listeners = new Set<(endpoint: string) => void>();
  /** Containers of ours without a record, and since when each has been one or was last asked for. */
  const orphanSince = new Map<string, number>();
  let orphans: { container: ListedContainer; mark: ContainerMark }[] = [];
  let listedAt = -Infinity;
  let listing: Promise<void> | null = null;
  let addressing: Addressing | null = options.addressing ?? null;
  /** One could not be removed when it was time; the next look at everything does it. */
  let isNetworkLeft = false;

  const gpus = createGpuPool(options.listGpus, () =>
    [...supervisors.values()].flatMap(({ record }) => record.gpuDevices),
  );

  const gpuMeter = createGpuMeter(options.measureGpus, clock);

  const networks = createDeploymentNetworks({
    engine,
    installationId,
    pool: options.addressPool ?? DEFAULT_ADDRESS_POOL,
    mayLeavePool: options.addressPool === undefined,
    isWanted: (name) =>
      [...supervisors].some(([id, { record }]) => !departed.has(id) && networksOf(record.spec).includes(name)) ||
      [...runningOnce].some((spec) => networksOf(spec).includes(name)),
  });

  const watch = watchEngine({
    engine,
    filter,
    clock,
    resync: () => lookAtAll(),
    onEvent: ({ labels }) => supervisors.get(readMark(labels)?.instanceId ?? '')?.lookForEnd(),
    onChange() {
      for (const endpoint of new Set([...supervisors.values()].map(({ record }) => record.spec.endpoint)))
        hint(endpoint);
    },
    onError: options.onError,
  });

  const maker: MakerDeps = {
    engine,
    installationId,
    networks,
    mountRoots: options.mountRoots,
    pidsLimit: options.pidsLimit ?? DEFAULT_PIDS_LIMIT,
    foundPrograms: new Set(),
    addressing: async () => (addressing ??= await findAddressing(networks)),
  };

  function hint(endpoint: string): void {
    for (const listener of listeners) listener(endpoint);
  }

  /** The network of an instance, whichever way it is dialled. */
  function networksOf(spec: ContainerInstanceSpec): string[] {
    const open = networkName(installationId, spec, true);
    return spec.container.egress ? [open] : [open, networkName(installationId, spec, false)];
  }

  /** One list for everybody who asks meanwhile. */
  function lookAtAll(): Promise<void> {
    listing ??= lookOnce().finally(() => {
      listing = null;
    });
    return listing;
  }

  async function lookOnce(): Promise<void> {
    // Asked for again by whoever needs it.
    await maker.addressing().catch(() => undefined);
    const known = new Map([...supervisors].map(([id, supervisor]) => [id, supervisor.record.running?.id]));
    const containers = await engine.list(filter);
    listedAt = clock.monotonic();
    const alive = new Set(containers.filter(({ state }) => ALIVE.has(state)).map(({ id }) => id));
    for (const [instanceId, id] of known) {
      if (id !== undefined && !alive.has(id)) supervisors.get(instanceId)?.lookForEnd();
    }
    orphans = containers.flatMap((container) => {
      const mark = readMark(container.labels);
      return mark === null || supervisors.has(mark.instanceId) ? [] : [{ container, mark }];
    });
    const ids = new Set(orphans.map(({ mark }) => mark.instanceId));
    for (const id of orphanSince.keys()) if (!ids.has(id)) orphanSince.delete(id);
    for (const id of ids) if (!orphanSince.has(id)) orphanSince.set(id, clock.monotonic());
    // It was told of when it was first tried.
    if (isNetworkLeft) await sweepNetworks().catch(() => undefined);
  }

  async function sweepNetworks(): Promise<void> {
    await networks.sweep();
    isNetworkLeft = false;
  }

  async function supervise(record: ContainerRecord): Promise<ContainerSupervisor> {
    const { endpoint, deployment, instanceId } = record.spec;
    const console = createContainerConsole({
      instanceId,
      engine,
      segments: createLogSegments(consoles.folderOf(endpoint, deployment, instanceId), instanceId),
      clock,
      cursors,
      onLine: (line) => consoles.publish(endpoint, deployment, line),
      onError: (error) => options.onError(`console of ${instanceId}`, error),
    });
    await console.open();
    const deps = {
      clock,
      engine,
      bootId,
      make: (order: Parameters<typeof makeContainer>[1]) => makeContainer(maker, order),
      removeContainers,
      locate,
      whenUp: watch.whenUp,
      onHint: hint,
      onError: (id: string, error: unknown) => options.onError(`instance ${id}`, error),
    };
    return superviseContainer(deps, recordPath(stateDir, instanceId), console, record);
  }

  function locate(container: InspectedContainer): { host: string; ports: [number, number][] } {
    if (addressing === 'published') return { host: PUBLISHED_HOST, ports: [...container.published] };
    return { host: container.ipAddress, ports: [] };
  }

  async function removeContainers(instanceId: string, keptGeneration: number | null): Promise<void> {
    for (const { id, labels } of await engine.list(generationsFilter(installationId, instanceId))) {
      const mark = readMark(labels);
      if (mark !== null && mark.generation !== keptGeneration) await engine.remove(id);
    }
  }

  async function start(): Promise<void> {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    for (const instanceId of await readdir(stateDir)) {
      const record = await readRecordOrReport(instanceId);
      // Without a record nothing was started. With one that cannot be read its container has no owner, which whoever wants it takes over.
      if (record === null) await rm(join(stateDir, instanceId), { recursive: true, force: true });
      else await adopt(record);
    }
    await watch.start();
    if (watch.downSince === null) await sweepLeftovers().catch((error: unknown) => options.onError('leftovers', error));
  }

  /** What an earlier control plane was doing when it was killed. */
  async function sweepLeftovers(): Promise<void> {
    for (const { id } of await engine.list(trialFilter(installationId))) await engine.remove(id);
    await networks.sweep();
  }

  async function readRecordOrReport(instanceId: string): Promise<ContainerRecord | null> {
    try {
      return await readRecord(recordPath(stateDir, instanceId));
    } catch (error) {
      options.onError(`instance ${instanceId}`, error);
      return null;
    }
  }

  async function adopt(record: ContainerRecord): Promise<void> {
    const { instanceId } = record.spec;
    const supervisor = await supervise(record);
    supervisors.set(instanceId, supervisor);
    await supervisor.adopt();
    // Not awaited: a start must not wait for the grace of what is leaving. Errors are reported where they arise.
    if (record.phase === 'stopping') void remove(instanceId).catch(() => undefined);
  }

  async function ensure(spec: InstanceSpec): Promise<EnsureOutcome> {
    const { container } = spec;
    if (container === undefined) throw new Error(`Instance ${spec.instanceId} is not a container.`);
    const existing = supervisors.get(spec.instanceId)?.record;
    if (existing?.spec.specHash === spec.specHash && existing.phase !== 'stopping') return { kind: 'unchanged' };
    if (watch.downSince !== null) return refuseWithoutEngine(watch.downSince);
    orphanSince.set(spec.instanceId, clock.monotonic());
    if (existing !== undefined) await remove(spec.instanceId);
    const reserved = await gpus.reserve(spec.instanceId, container.gpus);
    if (reserved.kind === 'refused') return reserved;
    return startNew({ ...spec, container }, reserved.devices).finally(() => gpus.release(spec.instanceId));
  }

  /**
   * An engine that is being restarted is back soon: until then whoever asks is to ask again.
   * @throws DriverUnavailableError
   */
  function refuseWithoutEngine(downSince: string): EnsureOutcome {
    const detail = `${watch.trouble} It has been so since ${downSince}.`;
    if (clock.now() - Date.parse(downSince) < PATIENCE_MS) throw new DriverUnavailableError(detail);
    return { kind: 'refused', code: 'deployment.runtime_unavailable', detail };
  }

  async function startNew(spec: ContainerInstanceSpec, gpuDevices: readonly string[]): Promise<EnsureOutcome> {
    const earlier = await clearOrphans(spec);
    const supervisor = await supervise(freshRecord(spec, gpuDevices, earlier, formatInstant(clock.now())));
    supervisors.set(spec.instanceId, supervisor);
    try {
      const outcome = await supervisor.begin();
      if (outcome.kind === 'refused') await giveUp(supervisor);
      return outcome;
    } catch (error) {
      await giveUp(supervisor);
      throw error;
    }
  }

  /** Removes containers without a record that are not what is asked for; returns the generation of one that is. */
  async function clearOrphans({ instanceId, specHash }: InstanceSpec): Promise<number> {
    let kept = 0;
    for (const { container, mark } of orphans.filter((orphan) => orphan.mark.instanceId === instanceId)) {
      if (mark.specHash === specHash && container.state === 'running' && kept === 0) kept = mark.generation;
      else await engine.remove(container.id);
    }
    return kept;
  }

  /** Nothing was started, or nobody knows: no trace stays here, and a container that came to be after all has no owner. */
  async function giveUp(supervisor: ContainerSupervisor): Promise<void> {
    const { spec } = supervisor.record;
    supervisors.delete(spec.instanceId);
    await supervisor.detach();
    await rm(join(stateDir, spec.instanceId), { recursive: true, force: true });
    await networks.removeUnwanted(spec).catch(() => undefined);
  }

  function remove(instanceId: string): Promise<void> {
    const supervisor = supervisors.get(instanceId);
    if (supervisor === undefined) return removeOrphans(instanceId);
    const underWay = removals.get(instanceId) ?? removeOnce(instanceId, supervisor);
    removals.set(instanceId, underWay);
    return underWay.finally(() => removals.delete(instanceId));
  }

  async function removeOnce(instanceId: string, supervisor: ContainerSupervisor): Promise<void> {
    await supervisor.remove();
    departed.add(instanceId);
    const { spec } = supervisor.record;
    await networks.removeUnwanted(spec).catch((error: unknown) => {
      isNetworkLeft = true;
      options.onError('networks', error);
    });
    supervisors.delete(instanceId);
    departed.delete(instanceId);
    await consoles.pruneDeployment(spec.endpoint, spec.deployment, new Set(supervisors.keys()));
    hint(spec.endpoint);
  }

  async function removeOrphans(instanceId: string): Promise<void> {
    const found = orphans.filter(({ mark }) => mark.instanceId === instanceId);
    for (const { container, mark } of found) {
      await engine.remove(container.id);
      orphans = orphans.filter((one) => one.container !== container);
      await networks.removeUnwanted(mark);
      hint(mark.endpoint);
    }
  }

  async function runContainerOnce(spec: InstanceSpec, run: OnceRun): Promise<ProgramEnd> {
    const { container } = spec;
    if (container === undefined) throw new Error(`Instance ${spec.instanceId} is not a container.`);
    const own = { ...spec, container };
    runningOnce.add(own);
    try {
      return await runOnce(maker, own, run);
    } finally {
      runningOnce.delete(own);
      await networks.removeUnwanted(own).catch(reportUnlessDown);
    }
  }

  async function observe(): Promise<ObservedInstance[]> {
    if (watch.downSince === null && clock.monotonic() - listedAt > LIST_FRESH_MS) await lookBriefly();
    const known = [...supervisors.values()].map((supervisor) => supervisor.observe());
    const unclaimed = orphans.filter(({ mark }) => isUnclaimed(mark.instanceId));
    const all = [...known, ...unclaimed.map(({ container, mark }) => describeOrphan(container, mark))];
    const { downSince } = watch;
    return downSince === null ? all : all.map((seen) => ({ ...seen, unknownSince: downSince }));
  }

  /** Whoever wants an instance asks for it soon, and takes its container over; only what nobody asks for is told of, to be removed. */
  function isUnclaimed(instanceId: string): boolean {
    return !supervisors.has(instanceId) && clock.monotonic() - (orphanSince.get(instanceId) ?? 0) > CLAIM_MS;
  }

  /** An engine that hangs must not hold up whoever looks after other instances. */
  async function lookBriefly(): Promise<void> {
    const done = new AbortController();
    const looked = lookAtAll()
      .catch(reportUnlessDown)
      .finally(() => done.abort());
    await Promise.race([looked, pause(LOOK_MS, done.signal).catch(() => undefined)]);
  }

  /** Nobody who observes can do anything about it, and what was seen before still counts. */
  function reportUnlessDown(error: unknown): void {
    if (!(error instanceof DriverUnavailableError)) options.onError('containers', error);
  }

  async function sample(): Promise<ResourceUse[]> {
    const asked = [...supervisors.values()];
    const used = await inBatches(asked, SAMPLES_AT_ONCE, (supervisor) => supervisor.sample().catch(() => null));
    return used.filter((use) => use !== null).map(withGpus);
  }

  function withGpus(use: ResourceUse): ResourceUse {
    const devices = supervisors.get(use.instanceId)?.record.gpuDevices ?? [];
    const gpuUse = devices.length === 0 ? null : gpuMeter.useOf(devices);
    return gpuUse === null ? use : { ...use, gpus: gpuUse };
  }

  return {
    name: 'docker',
    memoryLimitBy: 'cgroup',
    get addressing() {
      return addressing;
    },
    get engineDownSince() {
      return watch.downSince;
    },
    countGpus: gpus.count,
    runOnce: runContainerOnce,
    start,
    async stop() {
      await watch.stop();
      await Promise.all([...supervisors.values()].map((supervisor) => supervisor.detach()));
    },
    async suspend() {
      const ends = [...supervisors.values()].map((supervisor) => supervisor.suspend().catch(ignoreUnavailable));
      await Promise.all(ends);
      if (watch.downSince === null) await networks.removeIdle().catch(ignoreUnavailable);
    },
    ensure,
    remove,
    observe,
    check: (instanceId) => supervisors.get(instanceId)?.check(),
    sample,
    readLogs: consoles.read,
    followLogs: consoles.follow,
    listKept: consoles.list,
    forgetDeployment: consoles.forget,
    onHint(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const PUBLISHED_HOST = '127.0.0.1';

const ALIVE: ReadonlySet<string> = new Set(['running', 'paused', 'restarting']);

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof DriverUnavailableError)) throw error;
}

/** A container of ours that nobody here knows of: somebody else's business until it is asked for or removed. */
function describeOrphan({ id, state }: ListedContainer, mark: ContainerMark): ObservedInstance {
  return {
    ...mark,
    state: ALIVE.has(state) ? 'unready' : 'exited',
    address: null,
    startedAt: null,
    restarts: 0,
    lastExit: null,
    runtimeRef: `docker:${id.slice(0, 12)}`,
    memoryLimitBy: 'cgroup',
    probe: { attempts: 0, lastResult: 'not probed' },
  };
}
