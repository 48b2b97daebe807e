import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
 * `npm run bench:inference:python`: a scikit-learn model of MLflow on our Python server, beside a bare Starlette and every packaged server that
 * the given interpreters have. Same model, same rows, each server's own body; servers share one core, the load has the other; measurements are
 * interleaved and the median of the rounds counts. CPU per request is the figure that a busy host leaves alone.
 *
 *   npm run bench:inference:python -- --rounds 3 --seconds 2 --rows 1 --azureml-python /tmp/azureml/bin/python
 */

const ROOT = join(import.meta.dirname, '../..');
const CONNECTIONS = [1, 8, 64];
const OURS = 'viridian';
const COLUMNS = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'];
/** CPU microseconds per request of one row that the server is held to, by number of clients. */
const AIMS: Readonly<Record<number, number>> = { 1: 380, 8: 90, 64: 35 };

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    rows: { type: 'string', default: '1' },
    python: { type: 'string', default: join(ROOT, '.venvs/serving/bin/python') },
    'azureml-python': { type: 'string', default: '' },
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
  } finally {
    for (const { child } of contenders) stopContender(child);
  }
}

function planContenders(model: string): Plan[] {
  const split = jsonRequest('/invocations', { dataframe_split: { columns: COLUMNS, data: rows() } });
  const score = jsonRequest('/score', { input_data: rows() });
  const serving = ['-m', 'viridian_serving', '--kind', 'mlflow'];
  const ours: Record<string, string> = {
    AZUREML_MODEL_DIR: model,
    PYTHONPATH: join(ROOT, 'server/inference/python'),
    VIRIDIAN_SERVING_HOST: '127.0.0.1',
    VIRIDIAN_SERVING_CACHE_DIR: folder,
    OMP_NUM_THREADS: '1',
  };
  const plan = (name: string, command: (port: number) => string[], requestBase64: string, env = {}): Plan => ({
    name,
    command,
    requestBase64,
    // `mlflow models serve` looks for uvicorn on the path.
    env: { OMP_NUM_THREADS: '1', BENCH_MODEL: model, PATH: `${dirname(python)}:${process.env['PATH']}`, ...env },
  });
  const python = options.python;
  const plans = [
    plan(OURS, () => [python, ...serving], split, ours),
    plan('viridian, no shortcut', () => [python, ...serving], split, { ...ours, VIRIDIAN_SERVING_SHORTCUT: 'off' }),
    plan('bare starlette', () => [python, join(ROOT, 'scripts/bench/starlette_sklearn_server.py')], score),
    plan(
      'mlflow models serve',
      (port) => [python, '-m', 'mlflow', 'models', 'serve', '-m', model, '-p', `${port}`, '--env-manager', 'local'],
      split,
    ),
  ];
  const azureml = options['azureml-python'];
  if (has(azureml, 'azureml_inference_server_http', '--azureml-python')) {
    const script = join(ROOT, 'scripts/bench/azureml_score.py');
    const command = (port: number) => [
      '-m',
      'azureml_inference_server_http',
      '--entry_script',
      script,
      '--port',
      `${port}`,
    ];
    plans.push(
      plan('azureml-inference-server-http', (port) => [azureml, ...command(port)], score, { AZUREML_MODEL_DIR: model }),
    );
    plans.push(
      plan(
        'viridian, score.py',
        () => [python, '-m', 'viridian_serving', '--kind', 'scoring', '--entry-script', script],
        score,
        ours,
      ),
    );
  }
  return plans;
}

function has(python: string, module: string, option: string): boolean {
  const found = python !== '' && spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
  if (!found) console.log(`${module} is left out: name an interpreter that has it with ${option}`);
  return found;
}

function jsonRequest(path: string, body: unknown): string {
  return formatRequest('POST', path, { 'Content-Type': 'application/json' }, JSON.stringify(body));
}

function rows(): number[][] {
  return Array.from({ length: Number(options.rows) }, (_, index) => [5.1 + (index % 7) / 10, 3.5, 1.4, 0.2]);
}

function printTable(contenders: readonly Contender[], results: ReadonlyMap<string, Measurement[]>): void {
  console.log(`\n${options.rows} row(s) per request, ${options.rounds} rounds of ${options.seconds} s, medians`);
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}; servers on one core, load on another\n`);
  console.log('| clients | server | requests/s | ours is x | CPU µs/request | aim | p50 ms | p99 ms |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const connections of CONNECTIONS) {
    const ours = medianOf(results, `${OURS}/${connections}`, (result) => result.requestsPerSecond);
    for (const { name } of contenders) {
      const pick = (value: (result: Measurement) => number) => medianOf(results, `${name}/${connections}`, value);
      const rate = pick((result) => result.requestsPerSecond);
      const cells = [
        connections,
        name,
        Math.round(rate),
        (ours / rate).toFixed(1),
        pick((result) => result.cpuUsPerRequest).toFixed(1),
        name === OURS && options.rows === '1' ? `≤ ${AIMS[connections]}` : '',
        (pick((result) => result.p50Us) / 1000).toFixed(2),
        (pick((result) => result.p99Us) / 1000).toFixed(2),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}
