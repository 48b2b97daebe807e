import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatRequest, runLoadOnCore, type LoadResult } from './load-generator.ts';
import { LOAD_CORE, onCore, SERVER_CORE } from './pinning.ts';

/**
 * `npm run bench:inference`: the ONNX model server beside the bare server that anyone would write (`bare-onnx-server.mjs`) and, where a
 * Python with the packages is given, onnxruntime behind uvicorn. Same model, same request of one row; servers share one core, the load
 * has the other; measurements are interleaved and the median of the rounds counts, because hosts are not quiet.
 *
 *   npm run bench:inference -- --rounds 5 --seconds 2 --model samples/iris/v2/model --python /tmp/venv/bin/python
 */

const ROOT = join(import.meta.dirname, '../..');
const CONNECTIONS = [1, 8, 64];
/** Requests per second against the bare server, by number of clients: what the server is held to. */
const AIMS: Readonly<Record<number, number>> = { 1: 0.9, 8: 1.3, 64: 1.9 };
const MICROSECONDS_PER_TICK = 10_000;

interface Contender {
  name: string;
  command: string[];
  port: number;
  child: ChildProcess;
}

interface Measurement extends LoadResult {
  cpuUsPerRequest: number;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    model: { type: 'string', default: 'samples/iris/v2/model' },
    python: { type: 'string', default: 'python3' },
    rows: { type: 'string', default: '1' },
  },
});

await main();

async function main(): Promise<void> {
  const model = join(ROOT, options.model);
  const contenders = await startContenders(model);
  try {
    const results = await measureAll(contenders, makeRequest(model, Number(options.rows)));
    printTable(contenders, results);
  } finally {
    for (const { child } of contenders) child.kill('SIGKILL');
  }
}

async function startContenders(model: string): Promise<Contender[]> {
  const plans: [string, string[]][] = [
    ['viridian', [process.execPath, join(ROOT, 'server/inference/onnx/main.ts')]],
    ['bare node:http', [process.execPath, join(ROOT, 'scripts/bench/bare-onnx-server.mjs')]],
  ];
  const missing = spawnSync(options.python, ['-c', 'import onnxruntime, uvicorn, numpy'], { encoding: 'utf8' });
  if (missing.status === 0)
    plans.push(['uvicorn', [options.python, join(ROOT, 'scripts/bench/uvicorn_onnx_server.py')]]);
  else console.log(`uvicorn is left out: ${options.python} lacks onnxruntime, uvicorn or numpy (see --python)`);
  return Promise.all(plans.map(([name, command]) => startContender(name, command, model)));
}

async function startContender(name: string, command: string[], model: string): Promise<Contender> {
  const port = await freePort();
  const [program, ...args] = onCore(SERVER_CORE, command);
  const env = { ...process.env, AZUREML_MODEL_DIR: model, PORT: String(port), VIRIDIAN_ONNX_THREADS: '1' };
  const child = spawn(program as string, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  await listening(port, child);
  return { name, command, port, child };
}

/** All sizes and servers in turn, round after round. */
async function measureAll(
  contenders: readonly Contender[],
  requestBase64: string,
): Promise<Map<string, Measurement[]>> {
  const results = new Map<string, Measurement[]>();
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const connections of CONNECTIONS) {
      for (const contender of contenders) {
        const measurement = await measure(contender, requestBase64, connections);
        const key = `${contender.name}/${connections}`;
        results.set(key, [...(results.get(key) ?? []), measurement]);
      }
    }
    console.log(`round ${round + 1} of ${options.rounds} done`);
  }
  return results;
}

async function measure(contender: Contender, requestBase64: string, connections: number): Promise<Measurement> {
  const { port, child, name } = contender;
  const load = { host: '127.0.0.1', port, requestBase64, connections };
  await runLoadOnCore({ ...load, warmUpMs: 0, durationMs: 300 }, LOAD_CORE);
  const before = cpuTicks(child.pid as number);
  const result = await runLoadOnCore({ ...load, warmUpMs: 0, durationMs: Number(options.seconds) * 1000 }, LOAD_CORE);
  const ticks = cpuTicks(child.pid as number) - before;
  if (result.failures > 0) throw new Error(`${name} failed ${result.failures} times: ${result.firstFailure}`);
  return { ...result, cpuUsPerRequest: (ticks * MICROSECONDS_PER_TICK) / result.requests };
}

function printTable(contenders: readonly Contender[], results: ReadonlyMap<string, Measurement[]>): void {
  console.log(
    `\n${options.model}, ${options.rows} row(s) per request, ${options.rounds} rounds of ${options.seconds} s, medians`,
  );
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; servers on one core, load on another\n`,
  );
  console.log('| clients | server | requests/s | x bare | aim | CPU µs/request | p50 ms | p99 ms |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const connections of CONNECTIONS) {
    const bare = medianOf(results, `bare node:http/${connections}`, (result) => result.requestsPerSecond);
    for (const { name } of contenders) {
      const pick = (value: (result: Measurement) => number) => medianOf(results, `${name}/${connections}`, value);
      const rate = pick((result) => result.requestsPerSecond);
      const aim = name === 'viridian' ? `≥ ${AIMS[connections]}` : '';
      const cells = [
        connections,
        name,
        Math.round(rate),
        (rate / bare).toFixed(2),
        aim,
        pick((result) => result.cpuUsPerRequest).toFixed(1),
        (pick((result) => result.p50Us) / 1000).toFixed(2),
        (pick((result) => result.p99Us) / 1000).toFixed(2),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}

function medianOf(
  results: ReadonlyMap<string, Measurement[]>,
  key: string,
  value: (result: Measurement) => number,
): number {
  const sorted = (results.get(key) ?? []).map(value).toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The first rows of the sample that came with the model. */
function makeRequest(model: string, rows: number): string {
  const sample = JSON.parse(readFileSync(join(model, 'sample-request.json'), 'utf8')) as { input_data: unknown };
  const content = sample.input_data as Record<string, unknown[]>;
  const all = Array.isArray(content) ? content : (content['data'] ?? Object.values(content)[0] ?? []);
  const body = JSON.stringify({ input_data: Array.from({ length: rows }, (_, row) => all[row % all.length]) });
  return formatRequest('POST', '/score', { 'Content-Type': 'application/json' }, body);
}

/** User and system time of a process in clock ticks (proc(5): fields 14 and 15 of stat). */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`a server ended with status ${child.exitCode}`);
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isUp) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // The model server listens before its model is loaded.
  await new Promise((resolve) => setTimeout(resolve, 1500));
}
