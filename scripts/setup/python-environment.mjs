// Makes the Python environments of the tests; plain JavaScript, like the rest of the set-up.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, root, statusOf } from './prepare.mjs';

const UV = 'uv==0.13.9';
const REQUIREMENTS = 'server/inference/python/tests/requirements.txt';
/** PyTorch and TensorFlow: several gigabytes, so only for who asks for them. */
const FRAMEWORKS = 'server/inference/python/tests/frameworks.txt';
/** A real tritonserver, for which there are wheels. */
const TRITON = 'server/inference/triton/testing/requirements.txt';

/** The interpreter that the tests of the Python server run on. */
export const servingPython = pythonOf('serving');

/** The interpreter that has PyTorch and TensorFlow, too. */
export const frameworksPython = pythonOf('frameworks');

/** Whether the tests of the Python server have to run: without a Python on the host they are left out, unless they are asked for. */
export function wantsPython() {
  return isRequired('python') || findPython() !== null;
}

/** @returns whether it is there */
export function ensureServingEnvironment() {
  return ensureEnvironment('serving', [REQUIREMENTS]);
}

/** Whether the tests of PyTorch and TensorFlow models run. */
export function wantsFrameworks() {
  return isRequired('frameworks');
}

/** An environment of its own: no other test then differs by what is installed beside it. @returns whether it is there */
export function ensureFrameworksEnvironment() {
  return ensureEnvironment('frameworks', [REQUIREMENTS, FRAMEWORKS]);
}

/** Whether the tests with a real tritonserver run: they insist on it where they insist on Python and there are wheels. */
export function wantsTriton() {
  return isRequired('python') && process.platform === 'linux' && process.arch === 'x64';
}

/** @returns whether it is there */
export function ensureTritonEnvironment() {
  return ensureEnvironment('triton', [TRITON], (environment) => {
    const [version] = readdirSync(join(environment, 'lib'));
    const server = join(environment, 'lib', version, 'site-packages/pytriton/tritonserver');
    // Triton looks for the interpreter of its Python backend beside the backend; the wheel has one for each version of Python.
    const stub = 'triton_python_backend_stub';
    copyFileSync(
      join(server, 'python_backend_stubs', version.replace('python', ''), stub),
      join(server, 'backends/python', stub),
    );
  });
}

/**
 * Makes an environment unless exactly this one is there. uv takes seconds where pip takes minutes.
 * @param complete what is to do after the packages are installed
 */
async function ensureEnvironment(name, requirements, complete = () => undefined) {
  const environment = join(root, '.venvs', name);
  const mark = join(environment, '.viridian-installed');
  const interpreter = pythonOf(name);
  const wanted = digestOf(requirements) + UV;
  if (existsSync(interpreter) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return true;
  const python = findPython();
  if (python === null) {
    console.error('Python models cannot be tested: there is no python3 of version 3.11 or newer with venv.');
    return false;
  }
  console.log(`Installing what the tests of Python models need (${name})…`);
  rmSync(environment, { recursive: true, force: true });
  const steps = [
    [python, ['-m', 'venv', environment]],
    [interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', UV]],
    [
      join(environment, 'bin', 'uv'),
      ['pip', 'install', '--quiet', '--python', interpreter, ...requirements.flatMap((file) => ['-r', file])],
    ],
  ];
  for (const [command, args] of steps) if ((await statusOf(command, args)) !== 0) return false;
  complete(environment);
  writeFileSync(mark, wanted);
  return true;
}

function pythonOf(name) {
  return join(root, '.venvs', name, 'bin', 'python');
}

function isRequired(name) {
  return (process.env.VIRIDIAN_REQUIRE ?? '').split(',').includes(name);
}

/** The system's own interpreter first: others (pyenv, conda) may be shadows that change with the folder. */
function findPython() {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
  return (
    ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', check], { stdio: 'ignore' }).status === 0) ??
    null
  );
}
