import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '#server/kernel/clock.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { EnsureOutcome, InstanceSpec, ResourceUse, RuntimeDriver } from '../runtime-driver.ts';
import { createConsoleCollector, type ConsoleCollector } from './console-collector.ts';
import { createCursorSource } from '../console/console-line.ts';
import { createConsoleStore } from '../console/console-store.ts';
import { createLogSegments } from '../console/log-segments.ts';
import { pickFreePort, isPortFree } from './free-port.ts';
import {
  freshRecord,
  instanceFiles,
  makeInstanceFolders,
  portsOf,
  readRecord,
  type InstanceRecord,
} from './instance-record.ts';
import { checkCommand, DEFAULT_SEARCH_PATH } from './launch-program.ts';
import { openMemoryLimiter, type MemoryLimiter } from './memory-limit.ts';
import { groupMemoryBytes, groupUnreclaimableBytes } from './memory-use.ts';
import { listProcesses, type ProcessRow } from './proc-table.ts';
import { endProcesses, groupOf, markedProcesses, ownerMarkOf } from './process-group.ts';
import { superviseInstance, type InstanceSupervisor } from './supervise-instance.ts';

export interface ProcessDriverOptions {
  /** `instances` and `logs` of the data directory. */
  instancesDir: string;
  logsDir: string;
  clock: Clock;
  /** Where commands given by name are looked for; also the PATH of instances. */
  searchPath?: string;
  onError: (what: string, error: unknown) => void;
}

const MEMORY_CHECK_MS = 1_000;
const ALIVE_MARK_EVERY = 10;

/** Runs instances as processes of this host, each in a process group of its own. */
export function createProcessDriver(options: ProcessDriverOptions): RuntimeDriver {
  const { clock, searchPath = DEFAULT_SEARCH_PATH } = options;
  const instancesDir = resolve(options.instancesDir);
  const ownerMark = ownerMarkOf(instancesDir);
  const supervisors = new Map<string, InstanceSupervisor>();
  const removals = new Map<string, Promise<void>>();
  const listeners = new Set<(endpoint: string) => void>();
  const ports = new Map<string, readonly number[]>();
  const consoles = createConsoleStore(resolve(options.logsDir));
  const cursors = createCursorSource(clock.now);
  let portTurn: Promise<unknown> = Promise.resolve();
  let watch: NodeJS.Timeout | undefined;
  let ticks = 0;
  let memory: MemoryLimiter | null = null;

  const hint = (endpoint: string): void => {
    for (const listener of listeners) listener(endpoint);
  };

  /** One pick at a time: ports are given away before anybody listens on them. */
  function reservePorts(instanceId: string, preferred: readonly number[], count: number): Promise<number[] | null> {
    const picked = portTurn.then(async () => {
      const taken = new Set([...ports].flatMap(([id, own]) => (id === instanceId ? [] : own)));
      const own: number[] = [];
      for (let at = 0; at < count; at += 1) {
        const port = await keepOrPick(preferred[at], taken);
        if (port === null) return null;
        taken.add(port);
        own.push(port);
      }
      ports.set(instanceId, own);
      return own;
    });
    portTurn = picked.catch(() => undefined);
    return picked;
  }

  function startedMemory(): MemoryLimiter {
    if (memory === null) throw new Error('The process driver has not been started.');
    return memory;
  }

  async function supervise(
    record: InstanceRecord,
  ): Promise<{ supervisor: InstanceSupervisor; console: ConsoleCollector }> {
    const { spec } = record;
    const files = instanceFiles(join(instancesDir, spec.instanceId));
    const folder = consoles.folderOf(spec.endpoint, spec.deployment, spec.instanceId);
    const console = createConsoleCollector({
      instanceId: spec.instanceId,
      files,
      segments: createLogSegments(folder, spec.instanceId),
      clock,
      cursors,
      onLine: (line) => consoles.publish(spec.endpoint, spec.deployment, line),
      onError: (error) => options.onError(`console of ${spec.instanceId}`, error),
    });
    await console.start();
    const supervisor = superviseInstance(
      {
        clock,
        ownerMark,
        searchPath,
        reservePorts,
        memory: startedMemory(),
        onHint: hint,
        onError: (instanceId, error) => options.onError(`instance ${instanceId}`, error),
      },
      files,
      console,
      record,
    );
    return { supervisor, console };
  }

  async function start(): Promise<void> {
    await mkdir(instancesDir, { recursive: true, mode: 0o700 });
    memory = await openMemoryLimiter(ownerMark);
    for (const instanceId of await readdir(instancesDir)) {
      const record = await readRecordOrReport(instanceId);
      // Without a record nothing was started, and the folder is what is left of a beginning or of a removal. With one that cannot be read the
      // instance is given up: its processes are ended below, and whoever wants it asks for it again.
      if (record === null) await rm(join(instancesDir, instanceId), { recursive: true, force: true });
      else await adopt(record);
    }
    await endUnknownProcesses();
    watch = setInterval(() => void watchMemory(), MEMORY_CHECK_MS);
  }

  async function readRecordOrReport(instanceId: string): Promise<InstanceRecord | null> {
    try {
      return await readRecord(instanceFiles(join(instancesDir, instanceId)));
    } catch (error) {
      options.onError(`instance ${instanceId}`, error);
      return null;
    }
  }

  async function adopt(record: InstanceRecord): Promise<void> {
    const { instanceId } = record.spec;
    ports.set(instanceId, portsOf(record));
    const { supervisor } = await supervise(record);
    supervisors.set(instanceId, supervisor);
    await supervisor.adopt();
    // Not awaited: a start must not wait for the grace of what is leaving. Errors are reported where they arise.
    if (record.phase === 'stopping') void remove(instanceId).catch(() => undefined);
  }

  async function endUnknownProcesses(): Promise<void> {
    const unknown = markedProcesses(ownerMark).filter(({ instanceId }) => !supervisors.has(instanceId));
    for (const instanceId of new Set(unknown.map((found) => found.instanceId))) {
      await endProcesses({ instanceId, ownerMark, leader: null, graceMs: 0 });
    }
  }

  async function ensure(spec: InstanceSpec): Promise<EnsureOutcome> {
    const existing = supervisors.get(spec.instanceId);
    if (existing !== undefined) {
      if (existing.record.spec.specHash === spec.specHash && existing.record.phase !== 'stopping') {
        return { kind: 'unchanged' };
      }
      await remove(spec.instanceId);
    }
    const fault = await checkCommand(spec.command, searchPath);
    if (fault !== null) return { kind: 'refused', code: 'deployment.command_not_found', detail: fault };
    return startNew(spec);
  }

  async function startNew(spec: InstanceSpec): Promise<EnsureOutcome> {
    const files = instanceFiles(join(instancesDir, spec.instanceId));
    await makeInstanceFolders(files);
    const { supervisor, console } = await supervise(freshRecord(spec, formatInstant(clock.now())));
    supervisors.set(spec.instanceId, supervisor);
    try {
      const outcome = await supervisor.begin();
      if (outcome.kind !== 'refused') return outcome;
      await giveUp(spec.instanceId, console);
      return outcome;
    } catch (error) {
      await giveUp(spec.instanceId, console);
      throw error;
    }
  }

  /** Nothing was started: no trace stays. */
  async function giveUp(instanceId: string, console: ConsoleCollector): Promise<void> {
    supervisors.delete(instanceId);
    ports.delete(instanceId);
    await console.stop();
    await rm(join(instancesDir, instanceId), { recursive: true, force: true });
  }

  function remove(instanceId: string): Promise<void> {
    const supervisor = supervisors.get(instanceId);
    if (supervisor === undefined) return Promise.resolve();
    const underWay = removals.get(instanceId) ?? removeOnce(instanceId, supervisor);
    removals.set(instanceId, underWay);
    return underWay.finally(() => removals.delete(instanceId));
  }

  async function removeOnce(instanceId: string, supervisor: InstanceSupervisor): Promise<void> {
    await supervisor.remove();
    supervisors.delete(instanceId);
    ports.delete(instanceId);
    const { endpoint, deployment } = supervisor.record.spec;
    await consoles.pruneDeployment(endpoint, deployment, new Set(supervisors.keys()));
    hint(endpoint);
  }

  /** A look once a second: what grows past its memory faster than that meets the data limit or the kernel. */
  async function watchMemory(): Promise<void> {
    ticks += 1;
    if (supervisors.size === 0) return;
    const table = listProcesses();
    for (const supervisor of supervisors.values()) {
      const { process: leader, spec, phase } = supervisor.record;
      if (phase !== 'running' || leader === null) continue;
      if (ticks % ALIVE_MARK_EVERY === 0) await supervisor.markAlive();
      const used = groupUnreclaimableBytes(groupOf(leader, table));
      const limit = spec.memoryMib * 1024 * 1024;
      if (used <= limit) continue;
      const words = `killed for memory: it used ${Math.ceil(used / 2 ** 20)} MiB of the ${spec.memoryMib} MiB that its instance type has`;
      await supervisor.endForMemory(words).catch((error) => options.onError(spec.instanceId, error));
    }
  }

  function sampleOne(supervisor: InstanceSupervisor, table: readonly ProcessRow[]): ResourceUse[] {
    const { process: leader, spec } = supervisor.record;
    if (leader === null) return [];
    const rows = groupOf(leader, table);
    if (rows.length === 0) return [];
    const cpuSeconds = rows.reduce((sum, row) => sum + row.cpuSeconds, 0);
    return [{ instanceId: spec.instanceId, cpuSeconds, memoryBytes: groupMemoryBytes(rows) }];
  }

  return {
    name: 'process',
    get memoryLimitBy() {
      return memory?.by ?? 'none';
    },
    start,
    async stop() {
      clearInterval(watch);
      await Promise.all([...supervisors.values()].map((supervisor) => supervisor.detach()));
    },
    suspend: async () => void (await Promise.all([...supervisors.values()].map((supervisor) => supervisor.suspend()))),
    ensure,
    remove,
    observe: async () => [...supervisors.values()].map((supervisor) => supervisor.observe()),
    check: (instanceId) => supervisors.get(instanceId)?.check(),
    async sample() {
      const table = listProcesses();
      return [...supervisors.values()].flatMap((supervisor) => sampleOne(supervisor, table));
    },
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

async function keepOrPick(preferred: number | undefined, taken: ReadonlySet<number>): Promise<number | null> {
  const isKept = preferred !== undefined && !taken.has(preferred) && (await isPortFree(preferred));
  return isKept ? preferred : pickFreePort(taken);
}
