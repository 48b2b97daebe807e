import { platform } from 'node:os';
import type { ObservedInstance } from '../runtime-driver.ts';
import { openCgroupRoot, type CgroupRoot } from './cgroup.ts';
import { readOutOfMemoryKills } from './proc-table.ts';

/** What a launcher is told. */
export interface MemoryBounds {
  /** RLIMIT_DATA in KiB. */
  dataLimitKib: number | null;
  /** File of a control group to join. */
  cgroupProcs: string | null;
}

/** How memory is bounded on this host. */
export interface MemoryLimiter {
  readonly by: ObservedInstance['memoryLimitBy'];
  prepare(instanceId: string, memoryMib: number): Promise<MemoryBounds>;
  /** Kills for memory so far; a number that rose during a program's life, together with SIGKILL, says why it ended. */
  countKills(instanceId: string): Promise<number>;
  remove(instanceId: string): Promise<void>;
}

/** The best that this host allows. */
export async function openMemoryLimiter(ownerMark: string): Promise<MemoryLimiter> {
  const cgroup = await openCgroupRoot(ownerMark);
  if (cgroup !== null) return limitByCgroup(cgroup);
  return platform() === 'linux' ? limitByRlimit : noLimit;
}

function limitByCgroup(root: CgroupRoot): MemoryLimiter {
  return {
    by: 'cgroup',
    prepare: async (instanceId, memoryMib) => ({
      dataLimitKib: null,
      cgroupProcs: await root.prepare(instanceId, memoryMib),
    }),
    countKills: root.countKills,
    remove: root.remove,
  };
}

/**
 * Without control groups a plain process has no limit that the kernel would enforce exactly: RLIMIT_AS counts address space, of which V8 and
 * onnxruntime reserve far more than they use, so it would break them. RLIMIT_DATA counts private writable memory; it is set well above the
 * limit and stops only what grows faster than the driver's look once a second, which is what ends an instance over its limit.
 */
const limitByRlimit: MemoryLimiter = {
  by: 'rlimit',
  prepare: async (_instanceId, memoryMib) => ({ dataLimitKib: (memoryMib * 2 + 1024) * 1024, cgroupProcs: null }),
  countKills: async () => readOutOfMemoryKills() ?? 0,
  remove: async () => undefined,
};

const noLimit: MemoryLimiter = {
  by: 'none',
  prepare: async () => ({ dataLimitKib: null, cgroupProcs: null }),
  countKills: async () => 0,
  remove: async () => undefined,
};
