import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Our folder inside the hierarchy; under it one cgroup for each instance. */
const OWN_NAME = 'viridian-instances';

/**
 * A control group (cgroup v2) that bounds the memory of everything an instance starts, exactly and by the kernel. Only there where the hierarchy was
 * handed to this process: a service with `Delegate=yes` (and `DelegateSubgroup=`, for a group with members cannot have limited children), or root.
 */
export interface CgroupRoot {
  /** Makes the group of an instance with its limit; a process joins by writing its pid to the returned file. */
  prepare(instanceId: string, memoryMib: number): Promise<string>;
  /** Processes of the group that the kernel has killed for memory since it was made. */
  countKills(instanceId: string): Promise<number>;
  remove(instanceId: string): Promise<void>;
}

/** Finds a hierarchy in which memory can be limited, by trying it; null where there is none. */
export async function openCgroupRoot(ownerMark: string, mounts?: string, self?: string): Promise<CgroupRoot | null> {
  const mountPoint = findMountPoint(mounts ?? (await readOrEmpty('/proc/self/mounts')));
  const own = /^0::(\/.*)$/m.exec(self ?? (await readOrEmpty('/proc/self/cgroup')))?.[1];
  if (mountPoint === null || own === undefined) return null;
  for (const parent of [join(mountPoint, own), join(mountPoint, dirname(own))]) {
    const root = join(parent, `${OWN_NAME}-${ownerMark}`);
    if (await canLimitMemory(parent, root)) return cgroupRootAt(root);
  }
  return null;
}

function findMountPoint(mounts: string): string | null {
  return /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1] ?? null;
}

/** Every step is one that a hierarchy which is not ours refuses. */
async function canLimitMemory(parent: string, root: string): Promise<boolean> {
  try {
    const controllers = (await readFile(join(parent, 'cgroup.controllers'), 'utf8')).trim().split(' ');
    if (!controllers.includes('memory')) return false;
    await access(parent, constants.W_OK);
    await writeFile(join(parent, 'cgroup.subtree_control'), '+memory');
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'cgroup.subtree_control'), '+memory');
    return true;
  } catch {
    // Read-only, not ours, or with members of its own: limits are set in another way.
    return false;
  }
}

export function cgroupRootAt(root: string): CgroupRoot {
  const folderOf = (instanceId: string): string => join(root, instanceId);
  return {
    async prepare(instanceId, memoryMib) {
      const folder = folderOf(instanceId);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'memory.max'), String(memoryMib * 1024 * 1024));
      // Without this the limit only moves memory to swap, where there is any.
      await writeFile(join(folder, 'memory.swap.max'), '0').catch(() => undefined);
      return join(folder, 'cgroup.procs');
    },
    async countKills(instanceId) {
      const events = await readOrEmpty(join(folderOf(instanceId), 'memory.events'));
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
    },
    async remove(instanceId) {
      // Groups that an instance made below its own go first; a group is removed with rmdir, its files are the kernel's.
      await removeTree(folderOf(instanceId));
    },
  };
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
