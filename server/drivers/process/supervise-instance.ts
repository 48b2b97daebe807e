import type { ChildProcess } from 'node:child_process';
import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import { identityOf, isSameProcess, type ProcessIdentity } from '#server/kernel/process-identity.ts';
import type { EnsureOutcome, InstanceExit, ObservedInstance, ObservedState } from '../runtime-driver.ts';
import type { ConsoleCollector } from './console-collector.ts';
import { describeExit } from '../supervision/describe-exit.ts';
import { LOOPBACK } from './free-port.ts';
import { portsOf, writeRecord, type InstanceFiles, type InstanceRecord } from './instance-record.ts';
import { findOrForbidStart, launchProgram } from './launch-program.ts';
import { elapsedSince, startProbes, type InstanceProbes } from '../probing/probe-instance.ts';
import type { MemoryLimiter } from './memory-limit.ts';
import { keepInstance, RETRY_MS, type Supervisor } from '../supervision/keep-instance.ts';
import { waitForQuietPort } from '../supervision/open-connections.ts';
import { decideNextStart, observeRecord, startedAtMs } from '../supervision/supervised-record.ts';
import type { Readiness } from '../probing/probe-state.ts';
import { endProcesses } from './process-group.ts';

/** Programs that were adopted are no children of this process: their end is seen by looking. */
const ADOPTED_CHECK_MS = 250;

export interface SupervisorDeps {
  clock: Clock;
  ownerMark: string;
  searchPath: string;
  /** Ports that nobody uses, kept for this instance: those that it had where they are still free. Null when there are none. */
  reservePorts(instanceId: string, preferred: readonly number[], count: number): Promise<number[] | null>;
  memory: MemoryLimiter;
  onHint(endpoint: string): void;
  onError(instanceId: string, error: unknown): void;
}

export interface InstanceSupervisor extends Supervisor<InstanceRecord> {
  /** Ends the program for using more memory than it may; it is started again with the back-off. */
  endForMemory(words: string): Promise<void>;
  /** Says that the program is alive now, for the dating of an end that nobody saw. */
  markAlive(): Promise<void>;
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
  const kept = keepInstance({ ...deps, initial, write: (record) => writeRecord(files, record), restart });
  let probes: InstanceProbes | null = null;
  let ownChild: ChildProcess | null = null;
  let adoptedCheck: NodeJS.Timeout | undefined;
  let ending: Ending | null = null;
  let outOfMemoryKills = 0;

  async function startProgram(): Promise<EnsureOutcome> {
    const ports = await deps.reservePorts(spec.instanceId, portsOf(kept.record), spec.hasGrpcPort ? 2 : 1);
    const [port, grpcPort] = ports ?? [];
    if (port === undefined) {
      return { kind: 'refused', code: 'deployment.no_port_available', detail: 'No free port was found on loopback.' };
    }
    const generation = kept.record.generation + 1;
    const startedAt = formatInstant(clock.now());
    const own = { port, ...(grpcPort !== undefined && { grpcPort }) };
    await kept.save({ phase: 'starting', generation, ...own, process: null, ready: false, startedAt });
    await rm(files.claim(generation - 2), { force: true });
    const bounds = await deps.memory.prepare(spec.instanceId, spec.memoryMib);
    outOfMemoryKills = await deps.memory.countKills(spec.instanceId);
    const child = await launchProgram({ ...deps, spec, generation, ...own, files, bounds, follow: followChild });
    const started = child.pid === undefined ? null : (identityOf(child.pid) ?? endedIdentity(child.pid));
    await kept.saveIfPossible({ phase: 'running', process: started });
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
    child.once('exit', (code, signal) => kept.soon(() => onEnd({ code, signal })));
    child.once('error', (error) => {
      ending = { words: `could not be started: ${error.message}`, outOfMemory: false };
      kept.soon(() => onEnd({ code: null, signal: null }));
    });
  }

  function watchProgram(initialReadiness: Readiness): void {
    // A start that was under way when the driver was stopped ends, and is the next one's to watch.
    if (kept.leaving.aborted) return;
    probes = startProbes({
      spec,
      target: { host: LOOPBACK, port: kept.record.port },
      sinceStartMs: elapsedSince(clock, startedAtMs(kept.record)),
      initial: initialReadiness,
      onReadiness: (readiness) => kept.soon(() => onReadiness(readiness)),
      onNotAlive: (words) => kept.soon(() => endProgram({ words, outOfMemory: false })),
    });
  }

  async function onReadiness(readiness: Readiness): Promise<void> {
    if (kept.record.phase !== 'running' || kept.leaving.aborted) return;
    await kept.saveIfPossible({ ready: readiness === 'ready' });
    await collector.note(readiness === 'ready' ? 'ready' : `not ready: ${probes?.lastResult ?? 'no answer'}`);
  }

  /** Ends a program that is to be started again. Its exit then arrives as any other, with these words. */
  async function endProgram(because: Ending): Promise<void> {
    if (kept.record.phase !== 'running' || kept.record.process === null) return;
    ending = because;
    probes?.stop();
    const graceMs = because.outOfMemory ? 0 : spec.stopGraceSeconds * 1000;
    await endProcesses({ ...marks(), graceMs });
    if (ownChild === null) await onEnd({ code: null, signal: null });
  }

  const marks = () => ({ instanceId: spec.instanceId, ownerMark: deps.ownerMark, leader: kept.record.process });

  async function onEnd(status: { code: number | null; signal: string | null }, seenAtMs = clock.now()): Promise<void> {
    stopWatching();
    if (kept.record.phase === 'stopping' || kept.record.phase === 'backing_off' || kept.leaving.aborted) return;
    // What the program started and left behind would hold its port.
    await endProcesses({ ...marks(), graceMs: 0 });
    await collector.collect(true);
    const lastExit = await describeEnd(status, seenAtMs);
    ending = null;
    const next = decideNextStart(kept.record, lastExit, seenAtMs - startedAtMs(kept.record), clock.now());
    await kept.saveIfPossible({ ...next.change, process: null });
    await collector.note(next.words);
    kept.restartAfter(next.delayMs);
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

  async function restart(): Promise<void> {
    if (kept.record.phase !== 'backing_off' || kept.leaving.aborted) return;
    const outcome = await startProgram();
    if (outcome.kind === 'refused') kept.restartAfter(RETRY_MS);
  }

  function stopWatching(): void {
    probes?.stop();
    probes = null;
    ownChild = null;
    clearInterval(adoptedCheck);
  }

  async function adopt(): Promise<void> {
    if (kept.record.phase === 'stopping') return;
    if (kept.record.phase === 'backing_off')
      return kept.restartAfter(Math.max(0, kept.record.nextStartAt - clock.now()));
    if (kept.record.phase === 'starting') {
      const found = await findOrForbidStart(files, kept.record.generation);
      if (found === null) return void (await startProgram());
      await kept.saveIfPossible({ phase: 'running', process: found });
    }
    if (kept.record.process === null || !isSameProcess(kept.record.process)) {
      return onEnd({ code: null, signal: null }, await lastSeenAlive());
    }
    await collector.note('taken over after a restart of Viridian');
    adoptedCheck = setInterval(lookForEnd, ADOPTED_CHECK_MS);
    outOfMemoryKills = await deps.memory.countKills(spec.instanceId);
    watchProgram(kept.record.ready ? 'ready' : 'probing');
  }

  async function lastSeenAlive(): Promise<number> {
    const touched = await stat(files.alive).catch(() => null);
    return Math.max(startedAtMs(kept.record), touched?.mtimeMs ?? 0);
  }

  /** A child of ours tells of its end itself, with its status. */
  function lookForEnd(): void {
    if (kept.record.phase !== 'running' || ownChild !== null) return;
    if (kept.record.process !== null && isSameProcess(kept.record.process)) return;
    kept.soon(() => onEnd({ code: null, signal: null }));
  }

  function check(): void {
    lookForEnd();
    probes?.probeNow();
  }

  function remove(): Promise<void> {
    return kept.inTurn(async () => {
      kept.cancelRestart();
      if (kept.record.phase !== 'stopping') await kept.save({ phase: 'stopping', ready: false });
      stopWatching();
      const graceMs = spec.stopGraceSeconds * 1000;
      // Not every program lets requests end after the polite signal.
      const signal = kept.leaving;
      if (kept.record.process !== null && isSameProcess(kept.record.process))
        await waitForQuietPort(kept.record.port, graceMs, signal);
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
    kept.leave();
    return kept.inTurn(async () => {
      stopWatching();
      if (kept.record.process === null) return;
      await endProcesses({ ...marks(), graceMs: spec.stopGraceSeconds * 1000 });
      await collector.collect(true);
      await collector.note('stopped together with Viridian');
      // A removal that was under way stays one, and is finished by the next driver.
      if (kept.record.phase === 'running') {
        await kept.save({ phase: 'backing_off', process: null, ready: false, nextStartAt: 0 });
      }
    });
  }

  function observedState(): ObservedState {
    if (kept.record.phase !== 'running') return kept.record.phase;
    if (kept.record.process === null || !isSameProcess(kept.record.process)) return 'exited';
    const readiness = probes?.readiness ?? 'probing';
    // Told only once it is written down: what was ready must be ready again at once for a driver that starts anew.
    return readiness === 'ready' && !kept.record.ready ? 'probing' : readiness;
  }

  function observe(): ObservedInstance {
    const { process: program, port, grpcPort } = kept.record;
    return {
      ...observeRecord(kept.record),
      state: observedState(),
      address: program === null ? null : { host: LOOPBACK, port, ...(grpcPort !== undefined && { grpcPort }) },
      runtimeRef: program === null ? null : `process:${program.pid}@${program.startTicks}`,
      memoryLimitBy: deps.memory.by,
      probe: { attempts: probes?.attempts ?? 0, lastResult: probes?.lastResult ?? 'not probed yet' },
    };
  }

  return {
    get record() {
      return kept.record;
    },
    begin: () => kept.inTurn(startProgram),
    adopt: () => kept.inTurn(adopt),
    observe,
    check,
    endForMemory: (words) => kept.inTurn(() => endProgram({ words, outOfMemory: true })),
    async markAlive() {
      const now = new Date(clock.now());
      await utimes(files.alive, now, now).catch(() => writeFile(files.alive, '', { mode: 0o600 }));
    },
    remove,
    suspend,
    async detach() {
      kept.leave();
      stopWatching();
      await kept.settled();
      await collector.stop();
    },
  };
}
