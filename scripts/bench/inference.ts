import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  measureAll,
  medianOf,
  startContender,
  stopContender,
  type Contender,
  type Measurement,
  type Plan,
} from './contenders.ts';
import { formatRequest } from './load-generator.ts';

/**
 * `npm run bench:inference`: the ONNX model server beside the bare server that anyone would write (`bare-onnx-server.mjs`) and, where a
 * Python with the packages is given, onnxruntime behind uvicorn and our own Python server. Same model, same request of one row; servers
 * share one core, the load has the other; measurements are interleaved and the median of the rounds counts, because hosts are not quiet.
 *
 *   npm run bench:inference -- --rounds 5 --seconds 2 --model samples/iris/v2/model --python .venvs/serving/bin/python
 */

const ROOT = join(import.meta.dirname, '../..');
const CONNECTIONS = [1, 8, 64];
/** Requests per second against the bare server, by number of clients: what the server is held to. */
const AIMS: Readonly<Record<number, number>> = { 1: 0.9, 8: 1.3, 64: 1.9 };

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
  const contenders = await Promise.all(planContenders(model).map(startContender));
  try {
    const results = await measureAll(contenders, CONNECTIONS, Number(options.rounds), Number(options.seconds));
    printTable(contenders, results);
  } finally {
    for (const { child } of contenders) stopContender(child);
  }
}

function planContenders(model: string): Plan[] {
  const requestBase64 = makeRequest(model, Number(options.rows));
  const env = { AZUREML_MODEL_DIR: model, VIRIDIAN_ONNX_THREADS: '1' };
  const plan = (name: string, command: string[]): Plan => ({ name, command: () => command, env, requestBase64 });
  const plans = [
    plan('viridian', [process.execPath, join(ROOT, 'server/inference/onnx/main.ts')]),
    plan('bare node:http', [process.execPath, join(ROOT, 'scripts/bench/bare-onnx-server.mjs')]),
  ];
  if (canImport('onnxruntime, uvicorn, numpy')) {
    plans.push(plan('uvicorn', [options.python, join(ROOT, 'scripts/bench/uvicorn_onnx_server.py')]));
  }
  if (canImport('onnxruntime, uvloop, orjson')) {
    const path = { PYTHONPATH: join(ROOT, 'server/inference/python'), OMP_NUM_THREADS: '1' };
    const ours = plan('viridian in Python', [options.python, '-m', 'viridian_serving', '--kind', 'onnx']);
    plans.push({ ...ours, env: { ...env, ...path, VIRIDIAN_SERVING_HOST: '127.0.0.1' } });
  }
  return plans;
}

function canImport(modules: string): boolean {
  const found = spawnSync(options.python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0;
  if (!found) console.log(`a server is left out: ${options.python} lacks one of ${modules} (see --python)`);
  return found;
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

/** The first rows of the sample that came with the model. */
function makeRequest(model: string, rows: number): string {
  const sample = JSON.parse(readFileSync(join(model, 'sample-request.json'), 'utf8')) as { input_data: unknown };
  const content = sample.input_data as Record<string, unknown[]>;
  const all = Array.isArray(content) ? content : (content['data'] ?? Object.values(content)[0] ?? []);
  const body = JSON.stringify({ input_data: Array.from({ length: rows }, (_, row) => all[row % all.length]) });
  return formatRequest('POST', '/score', { 'Content-Type': 'application/json' }, body);
}
