import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import { elapsedSince, startProbes, type InstanceProbes } from '../probing/probe-instance.ts';
import type { Readiness } from '../probing/probe-state.ts';
import {
  DriverUnavailableError,
  type EnsureOutcome,
  type ObservedInstance,
  type ObservedState,
  type ResourceUse,
} from '../runtime-driver.ts';
import { keepInstance, RETRY_MS, type Supervisor } from '../supervision/keep-instance.ts';
import { waitForQuietPort } from '../supervision/open-connections.ts';
import { decideNextStart, observeRecord, startedAtMs } from '../supervision/supervised-record.ts';
import { readCgroupUse } from './cgroup-use.ts';
import type { ContainerConsole } from './container-console.ts';
import { type ContainerRecord, type RunningContainer, writeRecord } from './container-record.ts';
import { describeEnd } from './describe-end.ts';
import type { Engine, InspectedContainer } from './engine.ts';
import { describeListening, isProcessOfContainer, networkTables, readListeningPorts } from './listening-ports.ts';
import type { ContainerOrder, MadeContainer } from './make-container.ts';
import { untilAborted } from './watch-engine.ts';

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

export interface ContainerSupervisor extends Supervisor<ContainerRecord> {
  /** The engine's list or an event says that its container may have ended. */
  lookForEnd(): void;
  sample(): Promise<ResourceUse | null>;
}

export function superviseContainer(
  deps: ContainerSupervisorDeps,
  path: string,
  console: ContainerConsole,
  initial: ContainerRecord,
): ContainerSupervisor {
  const { clock, engine } = deps;
  const { spec } = initial;
  const kept = keepInstance({ ...deps, initial, write: (record) => writeRecord(path, record), restart });
  let probes: InstanceProbes | null = null;
  let endedBecause: string | null = null;
  let looking = false;

  /** The generation is written down before its container is made, so whoever comes after a kill finds the container by its name. */
  async function startNext(): Promise<EnsureOutcome> {
    const startedAt = formatInstant(clock.now());
    await kept.save({
      phase: 'starting',
      generation: kept.record.generation + 1,
      running: null,
      ready: false,
      startedAt,
    });
    return startGeneration();
  }

  async function startGeneration(): Promise<EnsureOutcome> {
    const order = { spec, generation: kept.record.generation, gpuDevices: kept.record.gpuDevices };
    const made = await deps.make(order);
    if (made.kind === 'refused') return made;
    const { container, isNew } = made;
    const running = { id: container.id, pid: container.pid, bootId: deps.bootId, ...deps.locate(container, order) };
    if (isNew) await console.begin(`started as container ${shortId(container.id)} of ${spec.container.imageName}`);
    else await console.note(TAKEN_OVER);
    await kept.saveIfPossible({ phase: 'running', running, startedAt: formatInstant(Date.parse(container.startedAt)) });
    console.follow(container.id);
    // It may have ended between its start and the first look.
    if (container.state === 'running') watchProgram(running, 'probing');
    else await onEnd(container);
    return { kind: 'started' };
  }

  function watchProgram(running: RunningContainer, initialReadiness: Readiness): void {
    // A start that was under way when the driver was stopped ends, and is the next one's to watch.
    if (kept.leaving.aborted) return;
    const ports = new Map(running.ports);
    const reached = (port: number): number => ports.get(port) ?? port;
    const { liveness, readiness } = spec;
    probes = startProbes({
      spec: {
        liveness: { ...liveness, port: reached(liveness.port ?? spec.container.port) },
        readiness: { ...readiness, port: reached(readiness.port ?? spec.container.port) },
      },
      target: { host: running.host, port: reached(spec.container.port) },
      sinceStartMs: elapsedSince(clock, startedAtMs(kept.record)),
      initial: initialReadiness,
      onReadiness: (next) => kept.soon(() => onReadiness(next)),
      onNotAlive: (words) => kept.soon(() => endProgram(words)),
    });
  }

  async function onReadiness(readiness: Readiness): Promise<void> {
    if (kept.record.phase !== 'running' || kept.leaving.aborted) return;
    await kept.saveIfPossible({ ready: readiness === 'ready' });
    await console.note(readiness === 'ready' ? 'ready' : `not ready: ${probeResult().lastResult}`);
  }

  /** Ends a program that is to be started again. Its end then arrives as any other, with these words. */
  async function endProgram(words: string): Promise<void> {
    if (kept.record.phase !== 'running' || kept.record.running === null) return;
    const { id } = kept.record.running;
    await deps.whenUp(kept.leaving);
    endedBecause = words;
    probes?.stop();
    await untilAborted(engine.stop(id, spec.stopGraceSeconds), kept.leaving);
    await onEnd(await engine.inspect(id));
  }

  async function onEnd(container: InspectedContainer | null): Promise<void> {
    if (kept.record.phase !== 'running' || kept.record.running === null || kept.leaving.aborted) return;
    const { id, bootId } = kept.record.running;
    await console.finish(id);
    stopWatching();
    if (bootId === deps.bootId) await noteCrash(container);
    else await noteReboot();
    await engine.remove(id);
  }

  /** It did not end by itself, so it is neither counted nor held back. */
  async function noteReboot(): Promise<void> {
    await kept.saveIfPossible({ phase: 'backing_off', running: null, ready: false, nextStartAt: 0 });
    await console.note('ended with the host; starting again');
    kept.restartAfter(0);
  }

  async function noteCrash(container: InspectedContainer | null): Promise<void> {
    const lastExit = describeEnd(container, endedBecause, clock.now());
    const ranMs = Date.parse(lastExit.at) - startedAtMs(kept.record);
    endedBecause = null;
    await backOff(lastExit, ranMs);
  }

  async function backOff(lastExit: NonNullable<ContainerRecord['lastExit']>, ranMs: number): Promise<void> {
    const next = decideNextStart(kept.record, lastExit, ranMs, clock.now());
    await kept.saveIfPossible({ ...next.change, running: null });
    await console.note(next.words);
    kept.restartAfter(next.delayMs);
  }

  async function restart(): Promise<void> {
    if (kept.leaving.aborted || kept.record.phase === 'running' || kept.record.phase === 'stopping') return;
    await deps.whenUp(kept.leaving);
    await deps.removeContainers(spec.instanceId, kept.record.phase === 'starting' ? kept.record.generation : null);
    const outcome = kept.record.phase === 'starting' ? await startGeneration() : await startNext();
    if (outcome.kind !== 'refused') return;
    const at = formatInstant(clock.now());
    await backOff({ code: null, signal: null, reason: outcome.detail, outOfMemory: false, at }, 0);
  }

  function stopWatching(): void {
    probes?.stop();
    probes = null;
  }

  /** Without asking the engine, which may be down. */
  async function adopt(): Promise<void> {
    if (kept.record.phase === 'stopping') return;
    if (kept.record.phase === 'starting') return kept.restartAfter(0);
    if (kept.record.phase === 'backing_off')
      return kept.restartAfter(Math.max(0, kept.record.nextStartAt - clock.now()));
    const { running } = kept.record;
    if (running === null) return kept.restartAfter(0);
    await console.note(TAKEN_OVER);
    console.follow(running.id);
    watchProgram(running, kept.record.ready && running.bootId === deps.bootId ? 'ready' : 'probing');
  }

  /** A hint is looked into: a list may be older than the container. */
  function lookForEnd(): void {
    if (looking || kept.record.phase !== 'running') return;
    looking = true;
    kept.soon(async () => {
      looking = false;
      if (kept.record.phase !== 'running' || kept.record.running === null || kept.leaving.aborted) return;
      const container = await engine.inspect(kept.record.running.id);
      if (container === null || HAS_ENDED.has(container.state)) await onEnd(container);
    });
  }

  function remove(): Promise<void> {
    return kept.inTurn(async () => {
      kept.cancelRestart();
      if (kept.record.phase !== 'stopping') await kept.save({ phase: 'stopping', ready: false });
      stopWatching();
      await untilDone(async () => {
        if (kept.record.running !== null) await stopQuietly(kept.record.running);
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
        await deps.whenUp(kept.leaving);
        return await untilAborted(work(), kept.leaving);
      } catch (error) {
        if (!(error instanceof DriverUnavailableError)) throw error;
        await untilAborted(new Promise((resolve) => setTimeout(resolve, RETRY_MS)), kept.leaving);
      }
    }
  }

  async function stopQuietly({ id, pid }: RunningContainer): Promise<void> {
    // Not every program lets requests end after the polite signal.
    if (isProcessOfContainer(pid, id)) {
      const graceMs = spec.stopGraceSeconds * 1000;
      await waitForQuietPort(spec.container.port, graceMs, kept.leaving, networkTables(pid));
    }
    await engine.stop(id, spec.stopGraceSeconds);
    await console.finish(id);
  }

  function suspend(): Promise<void> {
    kept.leave();
    return kept.inTurn(async () => {
      stopWatching();
      if (kept.record.running === null) return;
      const { id } = kept.record.running;
      await engine.stop(id, spec.stopGraceSeconds);
      await console.finish(id);
      await console.note('stopped together with Viridian');
      // A removal that was under way stays one, and is finished by the next driver.
      if (kept.record.phase === 'running')
        await kept.save({ phase: 'backing_off', running: null, ready: false, nextStartAt: 0 });
      await engine.remove(id);
    });
  }

  function observedState(): ObservedState {
    if (kept.record.phase !== 'running') return kept.record.phase;
    const readiness = probes?.readiness ?? (kept.record.ready ? 'ready' : 'probing');
    // Told only once it is written down: what was ready must be ready again at once for a driver that starts anew.
    return readiness === 'ready' && !kept.record.ready ? 'probing' : readiness;
  }

  function probeResult(): ObservedInstance['probe'] {
    const probe = { attempts: probes?.attempts ?? 0, lastResult: probes?.lastResult ?? 'not probed yet' };
    const { running } = kept.record;
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
    const reached = new Map(ports);
    const { port, grpcPort } = spec.container;
    return {
      host,
      port: reached.get(port) ?? port,
      ...(grpcPort !== undefined && { grpcPort: reached.get(grpcPort) ?? grpcPort }),
    };
  }

  return {
    get record() {
      return kept.record;
    },
    begin: () =>
      kept.inTurn(() =>
        kept.record.phase === 'starting' && kept.record.generation > 0 ? startGeneration() : startNext(),
      ),
    adopt: () => kept.inTurn(adopt),
    observe: () => ({
      ...observeRecord(kept.record),
      state: observedState(),
      address: kept.record.running === null ? null : addressOf(kept.record.running),
      runtimeRef: kept.record.running === null ? null : `docker:${shortId(kept.record.running.id)}`,
      memoryLimitBy: 'cgroup',
      probe: probeResult(),
    }),
    check() {
      lookForEnd();
      probes?.probeNow();
    },
    lookForEnd,
    async sample() {
      const { running } = kept.record;
      if (running === null || kept.record.phase !== 'running') return null;
      const use = readCgroupUse(running.pid, running.id) ?? (await engine.use(running.id));
      return use === null ? null : { instanceId: spec.instanceId, ...use };
    },
    remove,
    suspend,
    async detach() {
      kept.leave();
      stopWatching();
      await kept.settled();
      await console.stop();
    },
  };
}

const HAS_ENDED: ReadonlySet<string> = new Set(['exited', 'dead', 'removing', 'created']);

const shortId = (id: string): string => id.slice(0, 12);
