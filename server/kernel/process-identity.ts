import { readFileSync } from 'node:fs';

/**
 * Which process a pid meant when it was written down. Pids are recycled and start times repeat after a reboot, so all three are compared.
 * Where the kernel tells neither (macOS), both are empty and the pid alone decides.
 */
export interface ProcessIdentity {
  pid: number;
  /** Field 22 of `/proc/<pid>/stat`: clock ticks since boot. */
  startTicks: string;
  bootId: string;
}

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, startTicks: '', bootId: readBootId() };
}

/** The identity of a live process, or null when there is none with that pid. */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return null;
  return { pid, startTicks, bootId: readBootId() };
}

/** Whether the process written down is still running and still the same. */
export function isSameProcess(known: ProcessIdentity): boolean {
  if (known.startTicks === '') return isAlive(known.pid);
  const current = identityOf(known.pid);
  return current !== null && current.startTicks === known.startTicks && current.bootId === known.bootId;
}

export function parseIdentity(text: string): ProcessIdentity | null {
  try {
    const value = JSON.parse(text) as Partial<ProcessIdentity>;
    if (typeof value.pid !== 'number') return null;
    return { pid: value.pid, startTicks: value.startTicks ?? '', bootId: value.bootId ?? '' };
  } catch {
    // A half-written file is a lock that nobody holds.
    return null;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readBootId(): string {
  return readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone, or a system without /proc: the caller treats both as "unknown".
    return null;
  }
}
