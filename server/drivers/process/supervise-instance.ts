import type { ChildProcess } from 'node:child_process';
import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import { identityOf, isSameProcess, type ProcessIdentity } from '#server/kernel/process-identity.ts';
import {
  DriverStoppedError,
  type EnsureOutcome,
  type InstanceExit,
  type ObservedInstance,
  type ObservedState,
} from '../runtime-driver.ts';
import type { ConsoleCollector } from './console-collector.ts';
import { describeExit } from '../supervision/describe-exit.ts';
import { LOOPBACK } from './free-port.ts';
import { writeRecord, type InstanceFiles, type InstanceRecord } from './instance-record.ts';
import { findOrForbidStart, launchProgram } from './launch-program.ts';
import { elapsedSince, startProbes, type InstanceProbes } from '../probing/probe-instance.ts';
import type { MemoryLimiter } from './memory-limit.ts';
import { waitForQuietPort } from '../supervision/open-connections.ts';
import type { Readiness } from '../probing/probe-state.ts';
import { endProcesses } from './process-group.ts';
import { decideBackOff } from '#server/domain/restart-back-off.ts';

/** Programs that were adopted are no children of this process: their end is seen by looking. */
const ADOPTED_CHECK_MS = 250;

export interface SupervisorDeps {
  clock: Clock;
  ownerMark: string;
  searchPath: string;
  /** A port nobody uses, kept for this instance: the one it had where that is still free. Null when there is none. */
  reservePort(instanceId: string, preferred: number | null): Promise<number | null>;
  memory: MemoryLimiter;
  onHint(endpoint: string): void;
  onError(instanceId: string, error: unknown): void;
}

/** Keeps one instance as its record says: started, probed, started again with a back-off, ended. */
export interface InstanceSupervisor {
  readonly record: InstanceRecord;
  /** First start. */
  begin(): Promise<EnsureOutcome>;
  /** Goes on where a driver that is no more stopped; a removal it had begun is the caller's to finish. */
  adopt(): Promise<void>;
  observe(): ObservedInstance;
  /** Looks now whether the program lives and is ready. */
  check(): void;
  /** Ends the program for using more memory than it may; it is started again with the back-off. */
  endForMemory(words: string): Promise<void>;
  /** Says that the program is alive now, for the dating of an end that nobody saw. */
  markAlive(): Promise<void>;
  remove(): Promise<void>;
  /** Ends the program, to be started again by the next driver that adopts the instance. */
  suspend(): Promise<void>;
  /** Stops watching; the program runs on. */
  detach(): Promise<void>;
}

interface Ending {
  words: string;
  outOfMemory: boolean;
}

export function superviseInstance(
  deps: SupervisorDeps,
  files: InstanceFiles,
  collector: ConsoleCollector,
  initial: InstanceRecord,
): InstanceSupervisor {
  const { clock } = deps;
  const { spec } = initial;
  let record = initial;
  let probes: InstanceProbes | null = null;
  let ownChild: ChildProcess | null = null;
  let adoptedCheck: NodeJS.Timeout | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let ending: Ending | null = null;
  const leaving = new AbortController();
  let outOfMemoryKills = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** Everything that changes the record happens one after the other. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work);
    turn = result.catch((error: unknown) => {
      if (!(error instanceof DriverStoppedError)) deps.onError(spec.instanceId, error);
    });
    return result;
  }

  async function save(change: Partial<InstanceRecord>): Promise<void> {
    const next = { ...record, ...change };
    await writeRecord(files, next);
    record = next;
    deps.onHint(spec.endpoint);
  }

  /** For what can be found out again from the world: a full disk must not stop the watching. */
  async function saveIfPossible(change: Partial<InstanceRecord>): Promise<void> {
    await save(change).catch((error: unknown) => {
      record = { ...record, ...change };
      deps.onHint(spec.endpoint);
      deps.onError(spec.instanceId, error);
    });
  }

  async function startProgram(): Promise<EnsureOutcome> {
    const port = await deps.reservePort(spec.instanceId, record.port === 0 ? null : record.port);
    if (port === null) {
      return { kind: 'refused', code: 'deployment.no_port_available', detail: 'No free port was found on loopback.' };
    }
    const generation = record.generation + 1;
    const startedAt = formatInstant(clock.now());
    await save({ phase: 'starting', generation, port, process: null, ready: false, startedAt });
    await rm(files.claim(generation - 2), { force: true });
    const bounds = await deps.memory.prepare(spec.instanceId, spec.memoryMib);
    outOfMemoryKills = await deps.memory.countKills(spec.instanceId);
    const child = await launchProgram({ ...deps, spec, generation, port, files, bounds, follow: followChild });
    const started = child.pid === undefined ? null : (identityOf(child.pid) ?? endedIdentity(child.pid));
    await saveIfPossible({ phase: 'running', process: started });
    if (started !== null) watchProgram('probing');
    await collector.note(`started as process ${child.pid ?? '?'} on port ${port}`);
    return { kind: 'started' };
  }

  /** The program was over before it could be looked at: no process is the same as this one, and its exit event is on its way. */
  function endedIdentity(pid: number): ProcessIdentity {
    return { pid, startTicks: 'ended', bootId: '' };
  }

  function followChild(child: ChildProcess): void {
    ownChild = child;
    child.once('exit', (code, signal) => void inTurn(() => onEnd({ code, signal })).catch(() => undefined));
    child.once('error', (error) => {
      ending = { words: `could not be started: ${error.message}`, outOfMemory: false };
      void inTurn(() => onEnd({ code: null, signal: null })).catch(() => undefined);
    });
  }

  function watchProgram(initialReadiness: Readiness): void {
    // A start that was under way when the driver was stopped ends, and is the next one's to watch.
    if (leaving.signal.aborted) return;
    const startedAtMs = Date.parse(record.startedAt ?? record.createdAt);
    probes = startProbes({
      spec,
      target: { host: LOOPBACK, port: record.port },
      sinceStartMs: elapsedSince(clock, startedAtMs),
      initial: initialReadiness,
      onReadiness: (readiness) => void inTurn(() => onReadiness(readiness)).catch(() => undefined),
      onNotAlive: (words) => void inTurn(() => endProgram({ words, outOfMemory: false })).catch(() => undefined),
    });
  }

  async function onReadiness(readiness: Readiness): Promise<void> {
    if (record.phase !== 'running' || leaving.signal.aborted) return;
    await saveIfPossible({ ready: readiness === 'ready' });
    await collector.note(readiness === 'ready' ? 'ready' : `not ready: ${probes?.lastResult ?? 'no answer'}`);
  }

  /** Ends a program that is to be started again. Its exit then arrives as any other, with these words. */
  async function endProgram(because: Ending): Promise<void> {
    if (record.phase !== 'running' || record.process === null) return;
    ending = because;
    probes?.stop();
    const graceMs = because.outOfMemory ? 0 : spec.stopGraceSeconds * 1000;
    await endProcesses({ ...marks(), graceMs });
    if (ownChild === null) await onEnd({ code: null, signal: null });
  }

  const marks = () => ({ instanceId: spec.instanceId, ownerMark: deps.ownerMark, leader: record.process });

  async function onEnd(status: { code: number | null; signal: string | null }, seenAtMs = clock.now()): Promise<void> {
    stopWatching();
    if (record.phase === 'stopping' || record.phase === 'backing_off' || leaving.signal.aborted) return;
    // What the program started and left behind would hold its port.
    await endProcesses({ ...marks(), graceMs: 0 });
    await collector.collect(true);
    const lastExit = await describeEnd(status, seenAtMs);
    const ranMs = seenAtMs - Date.parse(record.startedAt ?? record.createdAt);
    const { quickExits, delayMs } = decideBackOff(record.quickExits, ranMs);
    const restarts = record.restarts + 1;
    const nextStartAt = clock.now() + delayMs;
    ending = null;
    await saveIfPossible({
      phase: 'backing_off',
      process: null,
      ready: false,
      lastExit,
      quickExits,
      restarts,
      nextStartAt,
    });
    await collector.note(`${lastExit.reason}; starting again${delayMs === 0 ? '' : ` in ${delayMs / 1000} s`}`);
    scheduleRestart(delayMs);
  }

  async function describeEnd(
    status: { code: number | null; signal: string | null },
    atMs: number,
  ): Promise<InstanceExit> {
    const kills = (await deps.memory.countKills(spec.instanceId)) - outOfMemoryKills;
    const kernelKilled = status.signal === 'SIGKILL' && ending === null && kills > 0;
    const outOfMemory = ending?.outOfMemory ?? kernelKilled;
    const reason = describeExit({ ...status, endedBecause: ending?.words ?? null, outOfMemory });
    return { ...status, reason, outOfMemory, at: formatInstant(atMs) };
  }

  function scheduleRestart(delayMs: number): void {
    if (leaving.signal.aborted) return;
    restartTimer = setTimeout(() => void inTurn(restart).catch(() => scheduleRestart(1_000)), delayMs);
  }

  async function restart(): Promise<void> {
    if (record.phase !== 'backing_off' || leaving.signal.aborted) return;
    const outcome = await startProgram();
    if (outcome.kind === 'refused') scheduleRestart(1_000);
  }

  function stopWatching(): void {
    probes?.stop();
    probes = null;
    ownChild = null;
    clearInterval(adoptedCheck);
  }

  async function adopt(): Promise<void> {
    if (record.phase === 'stopping') return;
    if (record.phase === 'backing_off') return scheduleRestart(Math.max(0, record.nextStartAt - clock.now()));
    if (record.phase === 'starting') {
      const found = await findOrForbidStart(files, record.generation);
      if (found === null) return void (await startProgram());
      await saveIfPossible({ phase: 'running', process: found });
    }
    if (record.process === null || !isSameProcess(record.process)) {
      return onEnd({ code: null, signal: null }, await lastSeenAlive());
    }
    await collector.note('taken over after a restart of Viridian');
    adoptedCheck = setInterval(lookForEnd, ADOPTED_CHECK_MS);
    outOfMemoryKills = await deps.memory.countKills(spec.instanceId);
    watchProgram(record.ready ? 'ready' : 'probing');
  }

  async function lastSeenAlive(): Promise<number> {
    const startedMs = Date.parse(record.startedAt ?? record.createdAt);
    const touched = await stat(files.alive).catch(() => null);
    return Math.max(startedMs, touched?.mtimeMs ?? 0);
  }

  /** A child of ours tells of its end itself, with its status. */
  function lookForEnd(): void {
    if (record.phase !== 'running' || ownChild !== null) return;
    if (record.process !== null && isSameProcess(record.process)) return;
    void inTurn(() => onEnd({ code: null, signal: null })).catch(() => undefined);
  }

  function check(): void {
    lookForEnd();
    probes?.probeNow();
  }

  function remove(): Promise<void> {
    return inTurn(async () => {
      clearTimeout(restartTimer);
      if (record.phase !== 'stopping') await save({ phase: 'stopping', ready: false });
      stopWatching();
      const graceMs = spec.stopGraceSeconds * 1000;
      // Not every program lets requests end after the polite signal.
      const { signal } = leaving;
      if (record.process !== null && isSameProcess(record.process))
        await waitForQuietPort(record.port, graceMs, signal);
      await endProcesses({ ...marks(), graceMs, signal });
      await collector.collect(true);
      await collector.note('stopped and removed');
      await collector.stop();
      await deps.memory.remove(spec.instanceId);
      await rm(files.root, { recursive: true, force: true });
      deps.onHint(spec.endpoint);
    });
  }

  function suspend(): Promise<void> {
    leaving.abort(new DriverStoppedError());
    return inTurn(async () => {
      clearTimeout(restartTimer);
      stopWatching();
      if (record.process === null) return;
      await endProcesses({ ...marks(), graceMs: spec.stopGraceSeconds * 1000 });
      await collector.collect(true);
      await collector.note('stopped together with Viridian');
      // A removal that was under way stays one, and is finished by the next driver.
      if (record.phase === 'running') {
        await save({ phase: 'backing_off', process: null, ready: false, nextStartAt: 0 });
      }
    });
  }

  function observedState(): ObservedState {
    if (record.phase !== 'running') return record.phase;
    if (record.process === null || !isSameProcess(record.process)) return 'exited';
    const readiness = probes?.readiness ?? 'probing';
    // Told only once it is written down: what was ready must be ready again at once for a driver that starts anew.
    return readiness === 'ready' && !record.ready ? 'probing' : readiness;
  }

  function observe(): ObservedInstance {
    const { process: program } = record;
    return {
      instanceId: spec.instanceId,
      endpoint: spec.endpoint,
      deployment: spec.deployment,
      specHash: spec.specHash,
      state: observedState(),
      generation: record.generation,
      address: program === null ? null : { host: LOOPBACK, port: record.port },
      startedAt: record.startedAt,
      restarts: record.restarts,
      lastExit: record.lastExit,
      runtimeRef: program === null ? null : `process:${program.pid}@${program.startTicks}`,
      memoryLimitBy: deps.memory.by,
      probe: { attempts: probes?.attempts ?? 0, lastResult: probes?.lastResult ?? 'not probed yet' },
    };
  }

  return {
    get record() {
      return record;
    },
    begin: () => inTurn(startProgram),
    adopt: () => inTurn(adopt),
    observe,
    check,
    endForMemory: (words) => inTurn(() => endProgram({ words, outOfMemory: true })),
    async markAlive() {
      const now = new Date(clock.now());
      await utimes(files.alive, now, now).catch(() => writeFile(files.alive, '', { mode: 0o600 }));
    },
    remove,
    suspend,
    async detach() {
      leaving.abort(new DriverStoppedError());
      clearTimeout(restartTimer);
      stopWatching();
      await turn;
      await collector.stop();
    },
  };
}
