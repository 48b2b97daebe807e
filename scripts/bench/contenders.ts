import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { runLoadOnCore, type LoadResult } from './load-generator.ts';
import { LOAD_CORE, onCore, SERVER_CORE } from './pinning.ts';

/** Servers that answer the same request, measured in turn. */

export interface Contender {
  name: string;
  port: number;
  child: ChildProcess;
  requestBase64: string;
}

export interface Plan {
  name: string;
  command: (port: number) => string[];
  env: Record<string, string>;
  /** What every server understands in its own way. */
  requestBase64: string;
}

export interface Measurement extends LoadResult {
  cpuUsPerRequest: number;
}

const MICROSECONDS_PER_TICK = 10_000;
const WARM_UP_MS = 300;
const START_MS = 180_000;

/** Starts a server on its core and waits until it answers its request with 200. @throws when it ends or never does */
export async function startContender(plan: Plan): Promise<Contender> {
  const port = await freePort();
  const [program, ...args] = onCore(SERVER_CORE, plan.command(port));
  const env = { ...process.env, PORT: String(port), ...plan.env };
  const child = spawn(program as string, args, { env, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  process.on('exit', () => stopContender(child));
  const contender = { name: plan.name, port, child, requestBase64: plan.requestBase64 };
  await untilItAnswers(contender);
  return contender;
}

/** Ends a server and the processes that it started. */
export function stopContender(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // It has ended in between.
  }
}

/** All numbers of clients and all servers in turn, round after round; keys are `name/clients`. */
export async function measureAll(
  contenders: readonly Contender[],
  connections: readonly number[],
  rounds: number,
  seconds: number,
): Promise<Map<string, Measurement[]>> {
  const results = new Map<string, Measurement[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const clients of connections) {
      for (const contender of contenders) {
        const measurement = await measure(contender, clients, seconds);
        const key = `${contender.name}/${clients}`;
        results.set(key, [...(results.get(key) ?? []), measurement]);
      }
    }
    console.log(`round ${round + 1} of ${rounds} done`);
  }
  return results;
}

async function measure(contender: Contender, connections: number, seconds: number): Promise<Measurement> {
  const { port, child, name, requestBase64 } = contender;
  const load = { host: '127.0.0.1', port, requestBase64, connections, warmUpMs: 0, reconnects: true };
  await runLoadOnCore({ ...load, durationMs: WARM_UP_MS }, LOAD_CORE);
  const before = cpuTicks(child.pid as number);
  const result = await runLoadOnCore({ ...load, durationMs: seconds * 1000 }, LOAD_CORE);
  const ticks = cpuTicks(child.pid as number) - before;
  if (result.failures > 0) throw new Error(`${name} failed ${result.failures} times: ${result.firstFailure}`);
  return { ...result, cpuUsPerRequest: (ticks * MICROSECONDS_PER_TICK) / result.requests };
}

/** The median over the rounds; NaN where nothing was measured. */
export function medianOf(
  results: ReadonlyMap<string, Measurement[]>,
  key: string,
  value: (result: Measurement) => number,
): number {
  const sorted = (results.get(key) ?? []).map(value).toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** User and system time of a process group in clock ticks (proc(5): fields 5, 14 and 15 of stat): some servers work in child processes. */
function cpuTicks(group: number): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = statFields(entry);
    if (Number(fields[2]) === group) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks;
}

function statFields(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilItAnswers({ name, port, child, requestBase64 }: Contender): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!(await answers(port, Buffer.from(requestBase64, 'base64')))) {
    if (child.exitCode !== null) throw new Error(`${name} ended with status ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`${name} does not answer after ${START_MS / 1000} s`);
    await delay(100);
  }
}

function answers(port: number, request: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.once('data', (data: Buffer) => {
      resolve(data.toString('latin1').startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}
