import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Contender,
  measureAll,
  type Measurement,
  medianOf,
  type Plan,
  startContender,
  stopContender,
} from './contenders.ts';
import type { LoadFigures } from './gateway-figures.ts';
import { runOpenLoop } from './gateway-open-loop.ts';
import { LOAD_CORE } from './pinning.ts';
import { dataframeSplit, inputData, planPeer, PYTHON_PEERS, SCORING_SCRIPT } from './python-peers.ts';

/**
 * `npm run bench:inference:python`: a scikit-learn model of MLflow on our Python server, beside every peer that can be installed. Same model,
 * same rows, each server's own body; servers share one core, the load has the other; measurements are interleaved and the median of the rounds
 * counts. CPU per request is the figure that a busy host leaves alone. With one row, Poisson arrivals at half and nine tenths of what each
 * server did at 64 clients follow.
 *
 *   npm run bench:inference:python -- --rounds 3 --seconds 2 --rows 1 --peers litserve,kserve
 */

const ROOT = join(import.meta.dirname, '../..');
const CONNECTIONS = [1, 8, 64];
const OURS = 'viridian';
const OUR_SCRIPT = 'viridian, score.py';
/** CPU microseconds per request of one row that the server is held to, by number of clients. */
const AIMS: Readonly<Record<number, number>> = { 1: 380, 8: 90, 64: 35 };
const LOADS = [0.5, 0.9];
/** The generator of the open loop keeps its instants up to here. */
const MOST_ARRIVALS = 10_000;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    rows: { type: 'string', default: '1' },
    python: { type: 'string', default: join(ROOT, '.venvs/serving/bin/python') },
    peers: { type: 'string', default: 'all' },
    'open-loop-seconds': { type: 'string', default: '5' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'viridian-bench-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const model = join(folder, 'model');
  execFileSync(options.python, [join(ROOT, 'scripts/bench/make_sklearn_model.py'), model], { stdio: 'inherit' });
  const contenders: Contender[] = [];
  try {
    // One after the other: imports of ten servers at once on one core take minutes.
    for (const plan of planContenders(model)) contenders.push(await startContender(plan));
    const results = await measureAll(contenders, CONNECTIONS, Number(options.rounds), Number(options.seconds));
    printTable(contenders, results);
    if (options.rows === '1') await measureArrivals(contenders, results);
  } finally {
    for (const { child } of contenders) stopContender(child);
  }
}

function planContenders(model: string): Plan[] {
  const rows = makeRows(Number(options.rows));
  const wanted = options.peers === 'all' ? null : new Set(options.peers.split(','));
  const peers = PYTHON_PEERS.filter(({ name }) => wanted?.has(name) ?? true);
  const plans = peers.map((peer) => planPeer(peer, options.python, model, rows));
  return [...planOurs(model, rows), ...plans.filter((plan) => plan !== null)];
}

function planOurs(model: string, rows: number[][]): Plan[] {
  const env = {
    AZUREML_MODEL_DIR: model,
    PYTHONPATH: join(ROOT, 'server/inference/python'),
    VIRIDIAN_SERVING_HOST: '127.0.0.1',
    VIRIDIAN_SERVING_CACHE_DIR: folder,
    OMP_NUM_THREADS: '1',
    PYTHONWARNINGS: 'ignore',
  };
  const serving = [options.python, '-m', 'viridian_serving', '--kind'];
  const ours = { name: OURS, command: () => [...serving, 'mlflow'], requestBase64: dataframeSplit(rows), env };
  const scoring = [...serving, 'scoring', '--entry-script', SCORING_SCRIPT];
  return [
    ours,
    { ...ours, name: 'viridian, no shortcut', env: { ...env, VIRIDIAN_SERVING_SHORTCUT: 'off' } },
    { ...ours, name: OUR_SCRIPT, command: () => scoring, requestBase64: inputData(rows) },
  ];
}

function makeRows(count: number): number[][] {
  return Array.from({ length: count }, (_, index) => [5.1 + (index % 7) / 10, 3.5, 1.4, 0.2]);
}

function printTable(contenders: readonly Contender[], results: ReadonlyMap<string, Measurement[]>): void {
  console.log(`\n${options.rows} row(s) per request, ${options.rounds} rounds of ${options.seconds} s, medians`);
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}; servers on one core, load on another\n`);
  console.log('| clients | server | requests/s | ours is x | score.py is x | CPU µs/request | aim | p50 ms | p99 ms |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const connections of CONNECTIONS) {
    const rateOf = (name: string) => medianOf(results, `${name}/${connections}`, (result) => result.requestsPerSecond);
    for (const { name } of contenders) {
      const pick = (value: (result: Measurement) => number) => medianOf(results, `${name}/${connections}`, value);
      const rate = rateOf(name);
      const cells = [
        connections,
        name,
        Math.round(rate),
        (rateOf(OURS) / rate).toFixed(1),
        (rateOf(OUR_SCRIPT) / rate).toFixed(1),
        pick((result) => result.cpuUsPerRequest).toFixed(1),
        name === OURS && options.rows === '1' ? `≤ ${AIMS[connections]}` : '',
        milliseconds(pick((result) => result.p50Us)),
        milliseconds(pick((result) => result.p99Us)),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}

/** Callers who do not wait for each other: merging must pay where requests do not come in step, too. */
async function measureArrivals(contenders: readonly Contender[], results: ReadonlyMap<string, Measurement[]>) {
  console.log(`\nPoisson arrivals over 64 connections, ${options['open-loop-seconds']} s each\n`);
  console.log('| load | server | arrivals/s | answered/s | p50 ms | p99 ms | p99.9 ms |');
  console.log('|---|---|---|---|---|---|---|');
  for (const load of LOADS) {
    for (const { name, port, requestBase64 } of contenders) {
      const capacity = medianOf(results, `${name}/64`, (result) => result.requestsPerSecond);
      const requestsPerSecond = Math.round(Math.min(load * capacity, MOST_ARRIVALS));
      const durationMs = Number(options['open-loop-seconds']) * 1000;
      const run = { port, requestBase64, requestsPerSecond, connections: 64, warmUpMs: 500, durationMs };
      const figures = await runOpenLoop({ ...run, arrivals: 'poisson' }, LOAD_CORE);
      const share = requestsPerSecond < MOST_ARRIVALS ? `${load * 100} %` : 'most that can be generated';
      console.log(`| ${[share, name, requestsPerSecond, ...arrivalCells(figures)].join(' | ')} |`);
    }
  }
}

function arrivalCells({ failures, firstFailure, ...figures }: LoadFigures): string[] {
  if (failures > 0) return [`${failures} failed: ${firstFailure?.slice(0, 60)}`, '', '', ''];
  const latencies = [figures.p50Us, figures.p99Us, figures.p999Us].map(milliseconds);
  return [String(Math.round(figures.requestsPerSecond)), ...latencies];
}

function milliseconds(us: number): string {
  return (us / 1000).toFixed(2);
}
