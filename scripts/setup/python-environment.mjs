// Makes the Python environment of the tests; plain JavaScript, like the rest of the set-up.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, root, statusOf } from './prepare.mjs';

const UV = 'uv==0.13.9';
const REQUIREMENTS = 'server/inference/python/tests/requirements.txt';
/** PyTorch and TensorFlow: several gigabytes, so only for who asks for them. */
const FRAMEWORKS = 'server/inference/python/tests/frameworks.txt';
const environment = join(root, '.venvs', 'serving');
const mark = join(environment, '.viridian-installed');

/** The interpreter of the environment. */
export const servingPython = join(environment, 'bin', 'python');

/** Whether the tests of the Python server have to run: without a Python on the host they are left out, unless they are asked for. */
export function wantsPython() {
  return isRequired('python') || findPython() !== null;
}

/** Makes the environment unless exactly this one is there. uv takes seconds where pip takes minutes. @returns whether it is there */
export async function ensureServingEnvironment() {
  const requirements = isRequired('frameworks') ? [REQUIREMENTS, FRAMEWORKS] : [REQUIREMENTS];
  const wanted = digestOf(requirements) + UV;
  if (existsSync(servingPython) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return true;
  const python = findPython();
  if (python === null) {
    console.error('The Python server cannot be tested: there is no python3 of version 3.11 or newer with venv.');
    return false;
  }
  console.log('Installing what the Python tests need…');
  rmSync(environment, { recursive: true, force: true });
  const steps = [
    [python, ['-m', 'venv', environment]],
    [servingPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', UV]],
    [
      join(environment, 'bin', 'uv'),
      ['pip', 'install', '--quiet', '--python', servingPython, ...requirements.flatMap((file) => ['-r', file])],
    ],
  ];
  for (const [command, args] of steps) if ((await statusOf(command, args)) !== 0) return false;
  writeFileSync(mark, wanted);
  return true;
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
