import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  KEY,
  missingReason,
  type Peer,
  startHaproxy,
  startNginxPeer,
  startUpstreams,
  startViridian,
  type Upstreams,
} from './gateway-peers.ts';
import { LOAD_CORE, onCore } from './pinning.ts';

/**
 * `npm run bench:gateway`: one worker of the gateway beside nginx and HAProxy, one core each; the load (wrk) and the models (nginx with a fixed answer) have
 * the other. Interleaved, medians over the rounds. On a busy host the CPU time per request is the figure to trust.
 *
 *   npm run bench:gateway -- --rounds 5 --seconds 4 --connections 1,64
 */

const CASES = {
  'small POST': { endpoint: 'bench', bytes: 64 },
  '100 KiB up': { endpoint: 'upload', bytes: 100 * 1024 },
} as const;
const AIM_RATE = 0.6;
const AIM_P99 = 2;
const US_PER_TICK = 10_000;

interface Measurement {
  requestsPerSecond: number;
  cpuUsPerRequest: number;
  p50Us: number;
  p99Us: number;
  failures: number;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '1,64' },
    only: { type: 'string' },
  },
});

await main();

async function main(): Promise<void> {
  for (const [program, packageName] of [
    ['wrk', 'wrk'],
    ['nginx', 'nginx-light'],
  ] as const) {
    const reason = missingReason(program, packageName);
    if (reason !== null) return console.log(`bench:gateway is skipped: ${reason}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'viridian-bench-gateway-'));
  const stops: (() => void)[] = [];
  try {
    const upstreams = await startUpstreams(folder);
    stops.push(upstreams.stop);
    const peers: Peer[] = [];
    for await (const peer of startPeers(folder, upstreams)) {
      stops.push(peer.stop);
      peers.push(peer);
    }
    printTable(peers, measureAll(folder, peers));
  } finally {
    for (const stop of stops) stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* startPeers(folder: string, upstreams: Upstreams): AsyncGenerator<Peer> {
  const starts = { viridian: startViridian, nginx: startNginxPeer, haproxy: startHaproxy };
  for (const [name, start] of Object.entries(starts)) {
    if (options.only !== undefined && !options.only.split(',').includes(name)) continue;
    const reason = name === 'haproxy' ? missingReason('haproxy', 'haproxy') : null;
    if (reason === null) yield await start(folder, upstreams);
    else console.log(`haproxy is left out: ${reason}`);
  }
}

function measureAll(folder: string, peers: readonly Peer[]): Map<string, Measurement[]> {
  const results = new Map<string, Measurement[]>();
  const connections = options.connections.split(',').map(Number);
  // The first seconds of a JIT are not what a server does all day.
  for (const peer of peers) measure(folder, peer, 'small POST', 64);
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const name of Object.keys(CASES) as (keyof typeof CASES)[]) {
      for (const clients of connections) {
        for (const peer of peers) {
          const key = `${name}/${clients}/${peer.name}`;
          results.set(key, [...(results.get(key) ?? []), measure(folder, peer, name, clients)]);
        }
      }
    }
    console.log(`round ${round} of ${options.rounds} done`);
  }
  return results;
}

function measure(folder: string, peer: Peer, name: keyof typeof CASES, clients: number): Measurement {
  const { endpoint, bytes } = CASES[name];
  const script = join(folder, 'load.lua');
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = string.rep("x", ${bytes})\nwrk.headers["Content-Type"] = "application/json"\n` +
      `wrk.headers["Authorization"] = "Bearer ${KEY}"\n` +
      'done = function(summary, latency, requests)\n' +
      '  local e = summary.errors\n' +
      '  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),' +
      ' e.connect + e.read + e.write + e.status + e.timeout))\nend\n',
  );
  const url = `http://127.0.0.1:${peer.port}/${endpoint}/score`;
  const args = ['-t1', `-c${clients}`, `-d${options.seconds}s`, '-s', script, url];
  const before = cpuTicks(peer.workerPid);
  const [program, ...rest] = onCore(LOAD_CORE, ['wrk', ...args]);
  const run = spawnSync(program as string, rest, { encoding: 'utf8' });
  const ticks = cpuTicks(peer.workerPid) - before;
  const line = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(run.stdout);
  if (line === null) throw new Error(`wrk said: ${run.stdout}${run.stderr}`);
  const [requests, durationUs, p50Us, p99Us, failures] = line.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (failures > 0) throw new Error(`${peer.name} failed ${failures} of ${requests} requests`);
  return {
    requestsPerSecond: (requests * 1e6) / durationUs,
    cpuUsPerRequest: (ticks * US_PER_TICK) / requests,
    p50Us,
    p99Us,
    failures,
  };
}

function printTable(peers: readonly Peer[], results: ReadonlyMap<string, Measurement[]>): void {
  console.log(
    `\n${options.rounds} rounds of ${options.seconds} s, medians; Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}`,
  );
  console.log(`aims at 64 connections: ≥ ${AIM_RATE} × nginx requests/s, p99 within ${AIM_P99} ×\n`);
  console.log('| case | clients | gateway | requests/s | × nginx | CPU µs/request | p50 ms | p99 ms | p99 × nginx |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const key of results.keys()) {
    const [name, clients, peer] = key.split('/') as [string, string, string];
    const pick = (of: string, value: (one: Measurement) => number): number =>
      median((results.get(`${name}/${clients}/${of}`) ?? []).map(value));
    const rate = pick(peer, (one) => one.requestsPerSecond);
    const p99 = pick(peer, (one) => one.p99Us);
    const cells = [
      name,
      clients,
      peer,
      Math.round(rate),
      (rate / pick('nginx', (one) => one.requestsPerSecond)).toFixed(2),
      pick(peer, (one) => one.cpuUsPerRequest).toFixed(1),
      (pick(peer, (one) => one.p50Us) / 1000).toFixed(2),
      (p99 / 1000).toFixed(2),
      (p99 / pick('nginx', (one) => one.p99Us)).toFixed(2),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(`\n${peers.length} gateways compared`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** User and system time of a process in clock ticks (proc(5): fields 14 and 15 of stat). */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
