import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import { elapsedSince, startProbes, type InstanceProbes } from '../probing/probe-instance.ts';
import type { Readiness } from '../probing/probe-state.ts';
import {
  DriverStoppedError,
  DriverUnavailableError,
  type EnsureOutcome,
  type ObservedInstance,
  type ObservedState,
  type ResourceUse,
} from '../runtime-driver.ts';
import { waitForQuietPort } from '../supervision/open-connections.ts';
import { decideBackOff } from '#server/domain/restart-back-off.ts';
import { readCgroupUse } from './cgroup-use.ts';
import type { ContainerConsole } from './container-console.ts';
import { type ContainerRecord, type RunningContainer, writeRecord } from './container-record.ts';
import { describeEnd } from './describe-end.ts';
import type { Engine, InspectedContainer } from './engine.ts';
import { describeListening, isProcessOfContainer, networkTables, readListeningPorts } from './listening-ports.ts';
import type { ContainerOrder, MadeContainer } from './make-container.ts';
import { untilAborted } from './watch-engine.ts';

const RETRY_MS = 1_000;

const TAKEN_OVER = 'taken over after a restart of Viridian';

/** What a probe says that found nobody behind the port. */
const REFUSED = 'connection refused';

export interface ContainerSupervisorDeps {
  clock: Clock;
  engine: Engine;
  bootId: string;
  make(order: ContainerOrder): Promise<MadeContainer>;
  /** Removes what earlier attempts have left of an instance; all generations but one, or all. */
  removeContainers(instanceId: string, keptGeneration: number | null): Promise<void>;
  /** Where a container's ports are reached. */
  locate(container: InspectedContainer, order: ContainerOrder): Pick<RunningContainer, 'host' | 'ports'>;
  whenUp(signal: AbortSignal): Promise<void>;
  onHint(endpoint: string): void;
  onError(instanceId: string, error: unknown): void;
}

/** Keeps one instance as its record says: started, probed, started again with a back-off, ended. */
export interface ContainerSupervisor {
  readonly record: ContainerRecord;
  /** First start. */
  begin(): Promise<EnsureOutcome>;
  /** Goes on where a driver that is no more stopped, without asking the engine; a removal it had begun is the caller's to finish. */
  adopt(): Promise<void>;
  observe(): ObservedInstance;
  /** Somebody has seen it failing: looks at the container and probes it now. */
  check(): void;
  /** The engine's list or an event says that its container may have ended. */
  lookForEnd(): void;
  sample(): Promise<ResourceUse | null>;
  remove(): Promise<void>;
  /** Ends the program, to be started again by the next driver that adopts the instance. */
  suspend(): Promise<void>;
  /** Stops watching; the program runs on. */
  detach(): Promise<void>;
}

export function superviseContainer(
  deps: ContainerSupervisorDeps,
  path: string,
  console: ContainerConsole,
  initial: ContainerRecord,
): ContainerSupervisor {
  const { clock, engine } = deps;
  const { spec } = initial;
  const leaving = new AbortController();
  let record = initial;
  let probes: InstanceProbes | null = null;
  let restartTimer: NodeJS.Timeout | undefined;
  let endedBecause: string | null = null;
  let looking = false;
  let turn: Promise<unknown> = Promise.resolve();

  /** Everything that changes the record happens one after the other. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work);
    turn = result.catch((error: unknown) => {
      const isKnown = error instanceof DriverStoppedError || error instanceof DriverUnavailableError;
      if (!isKnown) deps.onError(spec.instanceId, error);
    });
    return result;
  }

  /** For what nobody waits for; errors are reported where they arise. */
  const soon = (work: () => Promise<unknown>): void => void inTurn(work).catch(() => undefined);

  async function save(change: Partial<ContainerRecord>): Promise<void> {
    const next = { ...record, ...change };
    await writeRecord(path, next);
    record = next;
    deps.onHint(spec.endpoint);
  }

  /** For what can be found out again from the world: a full disk must not stop the watching. */
  async function saveIfPossible(change: Partial<ContainerRecord>): Promise<void> {
    await save(change).catch((error: unknown) => {
      record = { ...record, ...change };
      deps.onHint(spec.endpoint);
      deps.onError(spec.instanceId, error);
    });
  }

  /** The generation is written down before its container is made, so whoever comes after a kill finds the container by its name. */
  async function startNext(): Promise<EnsureOutcome> {
    const startedAt = formatInstant(clock.now());
    await save({ phase: 'starting', generation: record.generation + 1, running: null, ready: false, startedAt });
    return startGeneration();
  }

  async function startGeneration(): Promise<EnsureOutcome> {
    const order = { spec, generation: record.generation, gpuDevices: record.gpuDevices };
    const made = await deps.make(order);
    if (made.kind === 'refused') return made;
    const { container, isNew } = made;
    const running = { id: container.id, pid: container.pid, bootId: deps.bootId, ...deps.locate(container, order) };
    if (isNew) await console.begin(`started as container ${shortId(container.id)} of ${spec.container.imageName}`);
    else await console.note(TAKEN_OVER);
    await saveIfPossible({ phase: 'running', running, startedAt: formatInstant(Date.parse(container.startedAt)) });
    console.follow(container.id);
    // It may have ended between its start and the first look.
    if (container.state === 'running') watchProgram(running, 'probing');
    else await onEnd(container);
    return { kind: 'started' };
  }

  function watchProgram(running: RunningContainer, initialReadiness: Readiness): void {
    // A start that was under way when the driver was stopped ends, and is the next one's to watch.
    if (leaving.signal.aborted) return;
    const ports = new Map(running.ports);
    const reached = (port: number): number => ports.get(port) ?? port;
    const { liveness, readiness } = spec;
    probes = startProbes({
      spec: {
        liveness: { ...liveness, port: reached(liveness.port ?? spec.container.port) },
        readiness: { ...readiness, port: reached(readiness.port ?? spec.container.port) },
      },
      target: { host: running.host, port: reached(spec.container.port) },
      sinceStartMs: elapsedSince(clock, Date.parse(record.startedAt ?? record.createdAt)),
      initial: initialReadiness,
      onReadiness: (next) => soon(() => onReadiness(next)),
      onNotAlive: (words) => soon(() => endProgram(words)),
    });
  }

  async function onReadiness(readiness: Readiness): Promise<void> {
    if (record.phase !== 'running' || leaving.signal.aborted) return;
    await saveIfPossible({ ready: readiness === 'ready' });
    await console.note(readiness === 'ready' ? 'ready' : `not ready: ${probeResult().lastResult}`);
  }

  /** Ends a program that is to be started again. Its end then arrives as any other, with these words. */
  async function endProgram(words: string): Promise<void> {
    if (record.phase !== 'running' || record.running === null) return;
    const { id } = record.running;
    await deps.whenUp(leaving.signal);
    endedBecause = words;
    probes?.stop();
    await untilAborted(engine.stop(id, spec.stopGraceSeconds), leaving.signal);
    await onEnd(await engine.inspect(id));
  }

  async function onEnd(container: InspectedContainer | null): Promise<void> {
    if (record.phase !== 'running' || record.running === null || leaving.signal.aborted) return;
    const { id, bootId } = record.running;
    await console.finish(id);
    stopWatching();
    if (bootId === deps.bootId) await noteCrash(container);
    else await noteReboot();
    await engine.remove(id);
  }

  /** It did not end by itself, so it is neither counted nor held back. */
  async function noteReboot(): Promise<void> {
    await saveIfPossible({ phase: 'backing_off', running: null, ready: false, nextStartAt: 0 });
    await console.note('ended with the host; starting again');
    scheduleRestart(0);
  }

  async function noteCrash(container: InspectedContainer | null): Promise<void> {
    const lastExit = describeEnd(container, endedBecause, clock.now());
    const ranMs = Date.parse(lastExit.at) - Date.parse(record.startedAt ?? record.createdAt);
    endedBecause = null;
    await backOff(lastExit, ranMs);
  }

  async function backOff(lastExit: NonNullable<ContainerRecord['lastExit']>, ranMs: number): Promise<void> {
    const { quickExits, delayMs } = decideBackOff(record.quickExits, ranMs);
    const nextStartAt = clock.now() + delayMs;
    const restarts = record.restarts + 1;
    const change = { running: null, ready: false, lastExit, quickExits, restarts, nextStartAt };
    await saveIfPossible({ phase: 'backing_off', ...change });
    await console.note(`${lastExit.reason}; starting again${delayMs === 0 ? '' : ` in ${delayMs / 1000} s`}`);
    scheduleRestart(delayMs);
  }

  function scheduleRestart(delayMs: number): void {
    if (leaving.signal.aborted) return;
    clearTimeout(restartTimer);
    restartTimer = setTimeout(() => void inTurn(restart).catch(() => scheduleRestart(RETRY_MS)), delayMs);
  }

  async function restart(): Promise<void> {
    if (leaving.signal.aborted || record.phase === 'running' || record.phase === 'stopping') return;
    await deps.whenUp(leaving.signal);
    await deps.removeContainers(spec.instanceId, record.phase === 'starting' ? record.generation : null);
    const outcome = record.phase === 'starting' ? await startGeneration() : await startNext();
    if (outcome.kind !== 'refused') return;
    const at = formatInstant(clock.now());
    await backOff({ code: null, signal: null, reason: outcome.detail, outOfMemory: false, at }, 0);
  }

  function stopWatching(): void {
    probes?.stop();
    probes = null;
  }

  async function adopt(): Promise<void> {
    if (record.phase === 'stopping') return;
    if (record.phase === 'starting') return scheduleRestart(0);
    if (record.phase === 'backing_off') return scheduleRestart(Math.max(0, record.nextStartAt - clock.now()));
    const { running } = record;
    if (running === null) return scheduleRestart(0);
    await console.note(TAKEN_OVER);
    console.follow(running.id);
    watchProgram(running, record.ready && running.bootId === deps.bootId ? 'ready' : 'probing');
  }

  /** A hint is looked into: a list may be older than the container. */
  function lookForEnd(): void {
    if (looking || record.phase !== 'running') return;
    looking = true;
    soon(async () => {
      looking = false;
      if (record.phase !== 'running' || record.running === null || leaving.signal.aborted) return;
      const container = await engine.inspect(record.running.id);
      if (container === null || HAS_ENDED.has(container.state)) await onEnd(container);
    });
  }

  function remove(): Promise<void> {
    return inTurn(async () => {
      clearTimeout(restartTimer);
      if (record.phase !== 'stopping') await save({ phase: 'stopping', ready: false });
      stopWatching();
      await untilDone(async () => {
        if (record.running !== null) await stopQuietly(record.running);
        await deps.removeContainers(spec.instanceId, null);
      });
      await console.note('stopped and removed');
      await console.stop();
      await rm(dirname(path), { recursive: true, force: true });
      deps.onHint(spec.endpoint);
    });
  }

  /** A removal has to happen: it waits for an engine that is down, and goes on. */
  async function untilDone(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await deps.whenUp(leaving.signal);
        return await untilAborted(work(), leaving.signal);
      } catch (error) {
        if (!(error instanceof DriverUnavailableError)) throw error;
        await untilAborted(new Promise((resolve) => setTimeout(resolve, RETRY_MS)), leaving.signal);
      }
    }
  }

  async function stopQuietly({ id, pid }: RunningContainer): Promise<void> {
    // Not every program lets requests end after the polite signal.
    if (isProcessOfContainer(pid, id)) {
      const graceMs = spec.stopGraceSeconds * 1000;
      await waitForQuietPort(spec.container.port, graceMs, leaving.signal, networkTables(pid));
    }
    await engine.stop(id, spec.stopGraceSeconds);
    await console.finish(id);
  }

  function suspend(): Promise<void> {
    leaving.abort(new DriverStoppedError());
    return inTurn(async () => {
      clearTimeout(restartTimer);
      stopWatching();
      if (record.running === null) return;
      const { id } = record.running;
      await engine.stop(id, spec.stopGraceSeconds);
      await console.finish(id);
      await console.note('stopped together with Viridian');
      // A removal that was under way stays one, and is finished by the next driver.
      if (record.phase === 'running') await save({ phase: 'backing_off', running: null, ready: false, nextStartAt: 0 });
      await engine.remove(id);
    });
  }

  function observedState(): ObservedState {
    if (record.phase !== 'running') return record.phase;
    const readiness = probes?.readiness ?? (record.ready ? 'ready' : 'probing');
    // Told only once it is written down: what was ready must be ready again at once for a driver that starts anew.
    return readiness === 'ready' && !record.ready ? 'probing' : readiness;
  }

  function probeResult(): ObservedInstance['probe'] {
    const probe = { attempts: probes?.attempts ?? 0, lastResult: probes?.lastResult ?? 'not probed yet' };
    const { running } = record;
    if (probe.lastResult !== REFUSED || running === null || !isProcessOfContainer(running.pid, running.id))
      return probe;
    const listening = readListeningPorts(running.pid);
    if (listening === null) return probe;
    const words = describeListening(spec.readiness.port ?? spec.container.port, listening);
    return { ...probe, lastResult: words === '' ? REFUSED : `${REFUSED}: ${words}`, listening };
  }

  /** A container that ended at once had no address. */
  function addressOf({ host, ports }: RunningContainer): ObservedInstance['address'] {
    if (host === '') return null;
    return { host, port: new Map(ports).get(spec.container.port) ?? spec.container.port };
  }

  return {
    get record() {
      return record;
    },
    begin: () => inTurn(() => (record.phase === 'starting' && record.generation > 0 ? startGeneration() : startNext())),
    adopt: () => inTurn(adopt),
    observe: () => ({
      instanceId: spec.instanceId,
      endpoint: spec.endpoint,
      deployment: spec.deployment,
      specHash: spec.specHash,
      state: observedState(),
      generation: record.generation,
      address: record.running === null ? null : addressOf(record.running),
      startedAt: record.startedAt,
      restarts: record.restarts,
      lastExit: record.lastExit,
      runtimeRef: record.running === null ? null : `docker:${shortId(record.running.id)}`,
      memoryLimitBy: 'cgroup',
      probe: probeResult(),
    }),
    check() {
      lookForEnd();
      probes?.probeNow();
    },
    lookForEnd,
    async sample() {
      const { running } = record;
      if (running === null || record.phase !== 'running') return null;
      const use = readCgroupUse(running.pid, running.id) ?? (await engine.use(running.id));
      return use === null ? null : { instanceId: spec.instanceId, ...use };
    },
    remove,
    suspend,
    async detach() {
      leaving.abort(new DriverStoppedError());
      clearTimeout(restartTimer);
      stopWatching();
      await turn;
      await console.stop();
    },
  };
}

const HAS_ENDED: ReadonlySet<string> = new Set(['exited', 'dead', 'removing', 'created']);

const shortId = (id: string): string => id.slice(0, 12);
