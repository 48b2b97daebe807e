import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plan } from './contenders.ts';
import { formatRequest } from './load-generator.ts';

/** Servers of others for the scikit-learn model of the bench, each in a virtual environment of its own, because their pins exclude each other. */

const ROOT = join(import.meta.dirname, '../..');
const SCRIPTS = join(import.meta.dirname, 'python-peers');
const SCIKIT_LEARN = 'scikit-learn==1.9.1';
export const COLUMNS = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'];

export interface PythonPeer {
  name: string;
  /** What the environment holds; null: the one of the tests has all that is needed. */
  requirements: readonly string[] | null;
  command: (peer: PeerContext) => string[];
  request: (rows: number[][]) => string;
}

interface PeerContext {
  python: string;
  /** Folder of the model as MLflow saved it. */
  model: string;
  port: number;
}

const script =
  (name: string, ...args: string[]) =>
  ({ python }: PeerContext): string[] => [python, join(SCRIPTS, name), ...args];

/** Path of the scoring script that the original server and ours run. */
export const SCORING_SCRIPT = join(SCRIPTS, 'azureml_score.py');

export const PYTHON_PEERS: readonly PythonPeer[] = [
  { name: 'bare starlette', requirements: null, command: script('starlette_sklearn_server.py'), request: inputData },
  { name: 'fastapi', requirements: null, command: script('fastapi_server.py'), request: inputData },
  {
    name: 'triton, python backend',
    requirements: ['nvidia-pytriton==0.7.0', 'scikit-learn==1.7.2'],
    command: script('triton_server.py'),
    request: tensors,
  },
  {
    name: 'mlserver, sklearn',
    requirements: ['mlserver==1.7.1', 'mlserver-sklearn==1.7.1', SCIKIT_LEARN, 'uvloop==0.21.0'],
    command: script('mlserver_start.py', 'sklearn'),
    request: tensors,
  },
  {
    name: 'mlserver, mlflow',
    requirements: ['mlserver==1.7.1', 'mlserver-mlflow==1.7.1', 'mlflow==3.17.2', SCIKIT_LEARN, 'uvloop==0.21.0'],
    command: script('mlserver_start.py', 'mlflow'),
    request: dataframeSplit,
  },
  {
    name: 'litserve',
    requirements: ['litserve==0.2.19', SCIKIT_LEARN],
    command: script('litserve_server.py'),
    request: (rows) => jsonRequest('/predict', { input_data: rows }),
  },
  {
    name: 'kserve',
    requirements: ['kserve==0.21.0', SCIKIT_LEARN],
    command: script('kserve_server.py'),
    request: (rows) => jsonRequest('/v1/models/iris:predict', { instances: rows }),
  },
  {
    name: 'bentoml',
    requirements: ['bentoml==1.4.39', SCIKIT_LEARN],
    command: ({ python, port }) => {
      const service = ['bentoml_service:Iris', '--working-dir', SCRIPTS];
      return [python, '-m', 'bentoml', 'serve', ...service, '--host', '127.0.0.1', '--port', `${port}`];
    },
    request: inputData,
  },
  {
    name: 'mlflow models serve',
    requirements: null,
    command: ({ python, model, port }) => {
      return [python, '-m', 'mlflow', 'models', 'serve', '-m', model, '-p', `${port}`, '--env-manager', 'local'];
    },
    request: dataframeSplit,
  },
  {
    name: 'azureml-inference-server-http',
    requirements: ['azureml-inference-server-http==1.5.1', SCIKIT_LEARN],
    command: ({ python, port }) => {
      const server = ['-m', 'azureml_inference_server_http', '--entry_script', SCORING_SCRIPT];
      return [python, ...server, '--port', `${port}`];
    },
    request: inputData,
  },
];

/**
 * How to start a peer; makes its environment first where that is missing.
 * @param basePython interpreter of the environment of the tests, with uv beside it
 * @returns null, after saying why, when its packages cannot be installed
 */
export function planPeer(peer: PythonPeer, basePython: string, model: string, rows: number[][]): Plan | null {
  const python = peer.requirements === null ? basePython : ensureEnvironment(peer.name, peer.requirements, basePython);
  if (python === null) return null;
  return {
    name: peer.name,
    command: (port) => peer.command({ python, model, port }),
    requestBase64: peer.request(rows),
    // `mlflow models serve` looks for uvicorn on the path.
    env: {
      OMP_NUM_THREADS: '1',
      // scikit-learn warns at each row that arrays have no column names: writing that is not what is compared.
      PYTHONWARNINGS: 'ignore',
      BENCH_MODEL: model,
      AZUREML_MODEL_DIR: model,
      PATH: `${dirname(python)}:${process.env['PATH']}`,
    },
  };
}

/** An environment is made anew when its packages change. @returns its interpreter */
function ensureEnvironment(name: string, requirements: readonly string[], basePython: string): string | null {
  const folder = join(ROOT, '.venvs', `peer-${name.replaceAll(/\W+/g, '-')}`);
  const python = join(folder, 'bin/python');
  const mark = join(folder, '.installed');
  const wanted = requirements.join('\n');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return python;
  rmSync(folder, { recursive: true, force: true });
  const uv = join(dirname(basePython), 'uv');
  try {
    execFileSync(uv, ['venv', '--quiet', '--python', basePython, folder], { stdio: 'inherit' });
    execFileSync(uv, ['pip', 'install', '--quiet', '--python', python, ...requirements], { stdio: 'inherit' });
  } catch {
    console.log(`${name} is left out: its packages cannot be installed`);
    return null;
  }
  writeFileSync(mark, wanted);
  return python;
}

export function dataframeSplit(rows: number[][]): string {
  return jsonRequest('/invocations', { dataframe_split: { columns: COLUMNS, data: rows } });
}

export function inputData(rows: number[][]): string {
  return jsonRequest('/score', { input_data: rows });
}

/** Open Inference Protocol. */
function tensors(rows: number[][]): string {
  const tensor = { name: 'rows', shape: [rows.length, COLUMNS.length], datatype: 'FP64', data: rows.flat() };
  return jsonRequest('/v2/models/iris/infer', { inputs: [tensor] });
}

function jsonRequest(path: string, body: unknown): string {
  return formatRequest('POST', path, { 'Content-Type': 'application/json' }, JSON.stringify(body));
}
