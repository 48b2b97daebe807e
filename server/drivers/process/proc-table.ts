import { readFileSync, readdirSync } from 'node:fs';

/** One row of the kernel's process table, as far as a driver needs it. */
export interface ProcessRow {
  pid: number;
  parentPid: number;
  processGroup: number;
  /** One letter: `R`, `S`, `D`, `T`, `Z`, … */
  state: string;
  /** Field 22 of `/proc/<pid>/stat`: clock ticks since boot. */
  startTicks: string;
  /** User and system time of the process and of the children it has waited for. */
  cpuSeconds: number;
}

/** USER_HZ is 100 on every architecture that Linux still supports. */
const TICKS_PER_SECOND = 100;

/** Parses `/proc/<pid>/stat` (proc(5)); null when the text is not one. */
export function parseStat(stat: string): ProcessRow | null {
  // The program's name is in parentheses and may itself hold spaces and parentheses, so fields are counted from the last one.
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const pid = Number.parseInt(stat, 10);
  if (open < 0 || close < open || Number.isNaN(pid)) return null;
  const fields = stat.slice(close + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  return {
    pid,
    state: fields[0] ?? '?',
    parentPid: Number(fields[1]),
    processGroup: Number(fields[2]),
    startTicks: fields[19] ?? '',
    cpuSeconds: ticks / TICKS_PER_SECOND,
  };
}

/** Every live process; zombies are left out, for nobody can signal or bill them. Empty where the system has no /proc. */
export function listProcesses(): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of readNames('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const row = parseStat(readOrEmpty(`/proc/${name}/stat`));
    if (row !== null && row.state !== 'Z' && row.state !== 'X') rows.push(row);
  }
  return rows;
}

/** Value of a variable in the environment that a process was started with; null when it has none or may not be read. */
export function readEnvironmentVariable(pid: number, name: string): string | null {
  const prefix = `${name}=`;
  const found = readOrEmpty(`/proc/${pid}/environ`)
    .split('\0')
    .find((entry) => entry.startsWith(prefix));
  return found === undefined ? null : found.slice(prefix.length);
}

/** Numbers in KiB from `/proc/<pid>/status` or `smaps_rollup`, in bytes; 0 for a field that is not there. */
export function readKibFields(pid: number, file: 'status' | 'smaps_rollup', names: readonly string[]): number[] {
  const text = readOrEmpty(`/proc/${pid}/${file}`);
  return names.map((name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024);
}

/** Kills by the kernel's out-of-memory killer since boot, or null where the kernel does not count them. */
export function readOutOfMemoryKills(): number | null {
  const found = /^oom_kill (\d+)$/m.exec(readOrEmpty('/proc/vmstat'));
  return found === null ? null : Number(found[1]);
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A system without /proc has no table to read.
    return [];
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // The process ended between listing and reading, or belongs to somebody else: not one of ours either way.
    return '';
  }
}
