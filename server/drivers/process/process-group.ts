import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { pause } from '../supervision/pause.ts';
import { isSameProcess, type ProcessIdentity } from '#server/kernel/process-identity.ts';
import { INSTANCE_MARK, OWNER_MARK } from './launch-program.ts';
import { listProcesses, readEnvironmentVariable, type ProcessRow } from './proc-table.ts';

const CHECK_MS = 25;

export type GroupSignal = 'SIGTERM' | 'SIGKILL' | 'SIGCONT';

/** Signals a whole process group; false when it has no member left. */
export function signalGroup(group: number, signal: GroupSignal): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** The processes of the group that a program leads. Empty once the leader is gone, for its number may have been given away again. */
export function groupOf(leader: ProcessIdentity, table: readonly ProcessRow[]): ProcessRow[] {
  return isSameProcess(leader) ? table.filter((row) => row.processGroup === leader.pid) : [];
}

/**
 * Everything that belongs to an instance: the group that its program leads, and whatever left that group but still carries the mark in its
 * environment. Reads the environment of every process, so it is for ending an instance and not for watching it.
 */
function membersOf(instanceId: string, ownerMark: string, leader: ProcessIdentity | null): ProcessRow[] {
  const table = listProcesses();
  const group = new Set(leader === null ? [] : groupOf(leader, table));
  return table.filter((row) => group.has(row) || isMarked(row.pid, instanceId, ownerMark));
}

function isMarked(pid: number, instanceId: string, ownerMark: string): boolean {
  return (
    readEnvironmentVariable(pid, INSTANCE_MARK) === instanceId && readEnvironmentVariable(pid, OWNER_MARK) === ownerMark
  );
}

/** Value of OWNER_MARK for the instances under a folder: one Viridian never takes another's processes for its own. */
export function ownerMarkOf(instancesDir: string): string {
  return createHash('sha256').update(resolve(instancesDir)).digest('hex').slice(0, 16);
}

/** Instance ids of all processes that carry our mark. */
export function markedProcesses(ownerMark: string): { pid: number; instanceId: string }[] {
  const found: { pid: number; instanceId: string }[] = [];
  for (const { pid } of listProcesses()) {
    const instanceId = readEnvironmentVariable(pid, INSTANCE_MARK);
    if (instanceId !== null && readEnvironmentVariable(pid, OWNER_MARK) === ownerMark) found.push({ pid, instanceId });
  }
  return found;
}

export interface EndOptions {
  instanceId: string;
  ownerMark: string;
  leader: ProcessIdentity | null;
  graceMs: number;
  /** Gives up waiting; whoever comes next ends the rest. */
  signal?: AbortSignal;
}

/**
 * Ends everything of an instance: the polite signal to the group, the grace, then the kill, again until nothing is left. A group that was
 * stopped is continued so that it can hear the polite signal.
 * @throws the signal's reason when it aborts
 */
export async function endProcesses(options: EndOptions): Promise<void> {
  const { instanceId, ownerMark, leader, graceMs, signal } = options;
  if (leader !== null && isSameProcess(leader)) {
    signalGroup(leader.pid, 'SIGTERM');
    signalGroup(leader.pid, 'SIGCONT');
    await waitUntilGone(leader, graceMs, signal);
  }
  for (;;) {
    const rest = membersOf(instanceId, ownerMark, leader);
    if (rest.length === 0 && (leader === null || !isSameProcess(leader))) return;
    if (leader !== null && isSameProcess(leader)) signalGroup(leader.pid, 'SIGKILL');
    for (const { pid } of rest) killIfThere(pid);
    await pause(CHECK_MS, signal);
  }
}

async function waitUntilGone(leader: ProcessIdentity, graceMs: number, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + graceMs;
  while (isSameProcess(leader) && performance.now() < deadline) await pause(CHECK_MS, signal);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
