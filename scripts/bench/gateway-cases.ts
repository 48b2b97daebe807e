import { type ClosedLoop, LARGE_DOWN, LARGE_UP, runClosedLoop, SMALL_POST } from './gateway-closed-loop.ts';
import type { LoadFigures, Measurement } from './gateway-figures.ts';
import { runOpenLoop } from './gateway-open-loop.ts';
import type { Peer } from './gateway-peers.ts';
import { cpuTime } from './gateway-process.ts';
import { runStreams } from './gateway-streams.ts';
import { smallRequest } from './gateway-table.ts';
import { LOAD_CORE } from './pinning.ts';

/** The kinds of load that gateways are compared under. */
export interface LoadCase {
  /** What `--cases` picks it by, with others of its kind before the slash. */
  readonly id: string;
  readonly label: string;
  readonly needsWrk: boolean;
  /** Has a row without a gateway, so that what a gateway adds is a figure. */
  readonly hasDirect: boolean;
  run(folder: string, peer: Peer, seconds: number): Promise<LoadFigures>;
}

const FIXED_RATE = 2_000;
const FIXED_RATE_CONNECTIONS = 64;
const STREAMS = 200;
const WARM_UP_MS = 1_000;

export const LOAD_CASES: readonly LoadCase[] = [
  closedLoop('small/1', 'small POST, 1 client', { ...SMALL_POST, clients: 1 }),
  closedLoop('small/64', 'small POST, 64 clients', { ...SMALL_POST, clients: 64 }),
  closedLoop('small/512', 'small POST, 512 clients', { ...SMALL_POST, clients: 512 }),
  closedLoop('up/1', '100 KiB up, 1 client', { ...LARGE_UP, clients: 1 }),
  closedLoop('up/64', '100 KiB up, 64 clients', { ...LARGE_UP, clients: 64 }),
  closedLoop('down/1', '100 KiB down, 1 client', { ...LARGE_DOWN, clients: 1 }),
  closedLoop('down/64', '100 KiB down, 64 clients', { ...LARGE_DOWN, clients: 64 }),
  closedLoop('close/64', 'connection per request, 64 clients', { ...SMALL_POST, clients: 64, closes: true }),
  {
    id: 'rate',
    label: `${FIXED_RATE.toLocaleString('en')} requests/s, open loop`,
    needsWrk: false,
    hasDirect: true,
    run: (_folder, peer, seconds) => {
      const { port, path } = peer.target('small');
      const load = { requestsPerSecond: FIXED_RATE, connections: FIXED_RATE_CONNECTIONS, warmUpMs: WARM_UP_MS };
      return runOpenLoop({ port, requestBase64: smallRequest(path), ...load, durationMs: seconds * 1000 }, LOAD_CORE);
    },
  },
  {
    id: 'sse',
    label: `${STREAMS} event streams, first event`,
    needsWrk: false,
    hasDirect: true,
    run: (_folder, peer, seconds) => {
      const { port, path } = peer.target('stream');
      const load = { clients: STREAMS, warmUpMs: WARM_UP_MS * 2, durationMs: seconds * 1000 };
      return runStreams({ port, requestBase64: smallRequest(path), ...load }, LOAD_CORE);
    },
  },
];

/** @param picks of `--cases`: ids, or what stands before their slash; undefined for everything */
export function isPicked(id: string, picks: readonly string[] | undefined): boolean {
  return picks === undefined || picks.includes(id) || picks.includes(id.slice(0, id.indexOf('/')));
}

/** One round of one case, with the CPU time that the gateway used for it. @throws when a request failed */
export async function measure(peer: Peer, label: string, run: () => Promise<LoadFigures>): Promise<Measurement> {
  const before = cpuTime(peer.pids);
  const figures = await run();
  const after = cpuTime(peer.pids);
  if (figures.failures > 0) {
    throw new Error(`${peer.name} failed ${figures.failures} times at ${label}: ${figures.firstFailure}`);
  }
  const perRequest = (us: number): number | null => (peer.pids.length === 0 ? null : us / figures.requests);
  return {
    ...figures,
    userUsPerRequest: perRequest(after.userUs - before.userUs),
    systemUsPerRequest: perRequest(after.systemUs - before.systemUs),
  };
}

function closedLoop(id: string, label: string, load: ClosedLoop): LoadCase {
  return {
    id,
    label,
    needsWrk: true,
    hasDirect: load.clients === 1,
    run: (folder, peer, seconds) => runClosedLoop(folder, peer, load, seconds),
  };
}
