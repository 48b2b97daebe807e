import { availableParallelism } from 'node:os';
import { measure } from './gateway-cases.ts';
import { type LoadPlace, runClosedLoop, SMALL_POST } from './gateway-closed-loop.ts';
import {
  type CellRuns,
  type Column,
  cpuUsPerRequest,
  fixed,
  type Measurement,
  medianOf,
  requestsPerSecond,
  rotate,
} from './gateway-figures.ts';
import type { Models } from './gateway-models.ts';
import { type Peer, startViridian, type ViridianOptions } from './gateway-peers.ts';
import { LOAD_CORE, SERVER_CORE, TWO_LOAD_CORES, TWO_SERVER_CORES } from './pinning.ts';

/** What becomes of the cost of a request in our gateway when it has more workers or more endpoints: small POST at 64 clients. */

const LOAD = { ...SMALL_POST, clients: 64 };
const TABLE_SIZES = [1, 100, 10_000] as const;
const WARM_UP_SECONDS = 2;

export const GROWTH_COLUMNS: readonly Column[] = [
  { title: 'gateway', align: 'left' },
  ...['requests/s', '× first', 'user µs', 'sys µs', 'CPU × first', 'p50 ms', 'p99 ms'].map((title) => ({
    title,
    align: 'right' as const,
  })),
];

interface Variant {
  label: string;
  options: ViridianOptions;
}

interface Duration {
  rounds: number;
  seconds: number;
}

export function measureTableSizes(folder: string, models: Models, duration: Duration): Promise<string[][]> {
  const variants = TABLE_SIZES.map((endpoints) => ({
    label: `${endpoints.toLocaleString('en')} endpoint${endpoints === 1 ? '' : 's'}`,
    options: { endpoints },
  }));
  return compareVariants(folder, models, variants, duration, { core: LOAD_CORE, threads: 1 });
}

export function measureScaling(folder: string, models: Models, duration: Duration): Promise<string[][]> {
  const variants = [1, 2].map((workers) => ({
    label: `${workers} worker${workers === 1 ? '' : 's'}`,
    options: { workers, core: TWO_SERVER_CORES ?? SERVER_CORE },
  }));
  const place = TWO_LOAD_CORES === null ? { core: LOAD_CORE, threads: 1 } : { core: TWO_LOAD_CORES, threads: 2 };
  return compareVariants(folder, models, variants, duration, place);
}

/** How the scaling table is to be read on this host. */
export function scalingNote(): string {
  const cores = availableParallelism();
  return TWO_SERVER_CORES !== null
    ? 'Workers on two cores of their own, load and models on two others.'
    : `This host has ${cores} cores, and two workers with a load that keeps them busy need four: both share one core here, so their requests/s say nothing about scaling. What can be read is the CPU time: two workers on two cores can do at most 2 ÷ "CPU × first" as much as one.`;
}

async function compareVariants(
  folder: string,
  models: Models,
  variants: readonly Variant[],
  { rounds, seconds }: Duration,
  place: LoadPlace,
): Promise<string[][]> {
  const started: { label: string; peer: Peer; rounds: Measurement[] }[] = [];
  try {
    for (const { label, options } of variants) {
      const peer = await startViridian(folder, models, options);
      started.push({ label, peer, rounds: [] });
      await runClosedLoop(folder, peer, LOAD, WARM_UP_SECONDS, place);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const one of rotate(started, round)) {
        const run = () => runClosedLoop(folder, one.peer, LOAD, seconds, place);
        one.rounds.push(await measure(one.peer, one.label, run));
      }
    }
  } finally {
    for (const { peer } of started) await peer.stop();
  }
  return growthRows(started.map(({ label, rounds }) => ({ label, peer: 'viridian', rounds })));
}

function growthRows(cells: readonly CellRuns[]): string[][] {
  const [first] = cells;
  return cells.map((cell) => [
    cell.label,
    fixed(medianOf(cell, requestsPerSecond), 0),
    fixed(medianOf(cell, requestsPerSecond) / medianOf(first, requestsPerSecond), 2),
    fixed(
      medianOf(cell, (one) => one.userUsPerRequest),
      1,
    ),
    fixed(
      medianOf(cell, (one) => one.systemUsPerRequest),
      1,
    ),
    fixed(medianOf(cell, cpuUsPerRequest) / medianOf(first, cpuUsPerRequest), 2),
    fixed(medianOf(cell, (one) => one.p50Us) / 1000, 3),
    fixed(medianOf(cell, (one) => one.p99Us) / 1000, 3),
  ]);
}
