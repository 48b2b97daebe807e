import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadFigures } from './gateway-figures.ts';
import { LARGE_BYTES, type EndpointName } from './gateway-models.ts';
import type { Peer } from './gateway-peers.ts';
import { KEY } from './gateway-table.ts';
import { LOAD_CORE } from './pinning.ts';
import { outputOnCore } from './run-on-core.ts';

/** Clients that send again as soon as they are answered: how much a gateway can take. The load is wrk. */
export interface ClosedLoop {
  endpoint: EndpointName;
  method: 'GET' | 'POST';
  bodyBytes: number;
  clients: number;
  /** Every request on a connection of its own. Its latency begins when it has been made. */
  closes?: boolean;
}

export const SMALL_POST = { endpoint: 'small', method: 'POST', bodyBytes: 64 } as const;
export const LARGE_UP = { endpoint: 'upload', method: 'POST', bodyBytes: LARGE_BYTES } as const;
export const LARGE_DOWN = { endpoint: 'download', method: 'GET', bodyBytes: 0 } as const;

/** Where wrk runs: one thread on the core of the load unless more is said. */
export interface LoadPlace {
  core: number | string | null;
  threads: number;
}

export async function runClosedLoop(
  folder: string,
  peer: Peer,
  load: ClosedLoop,
  seconds: number,
  { core, threads }: LoadPlace = { core: LOAD_CORE, threads: 1 },
): Promise<LoadFigures> {
  const script = join(folder, 'load.lua');
  writeFileSync(script, luaScript(load));
  const { port, path } = peer.target(load.endpoint);
  const output = await outputOnCore(core, [
    'wrk',
    `-t${threads}`,
    `-c${load.clients}`,
    `-d${seconds}s`,
    '-s',
    script,
    `http://127.0.0.1:${port}${path}`,
  ]);
  const figures = /RESULT ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)/.exec(output)?.slice(1).map(Number);
  const errors = /ERRORS (.*)/.exec(output)?.[1];
  if (figures === undefined || errors === undefined) throw new Error(`wrk said: ${output}`);
  const [requests, durationUs, p50Us, p99Us, p999Us] = figures as [number, number, number, number, number];
  const failures = [...errors.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0);
  return {
    requests,
    requestsPerSecond: (requests * 1e6) / durationUs,
    p50Us,
    p99Us,
    p999Us,
    failures,
    firstFailure: failures === 0 ? null : errors,
  };
}

function luaScript({ method, bodyBytes, closes }: ClosedLoop): string {
  return `wrk.method = "${method}"
${bodyBytes === 0 ? '' : `wrk.body = string.rep("x", ${bodyBytes})\nwrk.headers["Content-Type"] = "application/json"`}
wrk.headers["Authorization"] = "Bearer ${KEY}"
${closes === true ? 'wrk.headers["Connection"] = "close"' : ''}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
  io.write(string.format("ERRORS connect %d, read %d, write %d, status %d, timeout %d\\n", e.connect, e.read, e.write, e.status, e.timeout))
end
`;
}
