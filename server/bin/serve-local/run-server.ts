import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import type { LocalModel } from './find-model.ts';
import { type ServeLocalOptions, UsageError } from './parse-arguments.ts';

const IS_USABLE = 'import sys; sys.exit(sys.version_info < (3, 9))';

/** @throws UsageError unless this is a Python that the server runs on */
export function checkPython(python: string, environment: NodeJS.ProcessEnv): void {
  const { error, status } = spawnSync(python, ['-c', IS_USABLE], { env: environment, stdio: 'ignore' });
  const remedy = 'Install Python 3.9 or later, or name one: --python FILE.';
  if (error !== undefined) throw new UsageError(`${python} does not start: ${error.message}. ${remedy}`);
  if (status !== 0) throw new UsageError(`${python} is older than Python 3.9, or does not work. ${remedy}`);
}

/** Command line of the Python server. Pure. */
export function serverCommand(python: string, model: LocalModel, options: ServeLocalOptions): string[] {
  const { script, modelDir } = model;
  return [
    python,
    '-m',
    'viridian_serving',
    '--kind',
    model.kind,
    ...(script === null ? [] : ['--script', script]),
    ...(modelDir === null ? [] : ['--model-dir', modelDir]),
    '--host',
    options.host,
    '--port',
    String(options.port),
    ...(options.reload ? ['--reload'] : []),
    ...(options.debugPort === null ? [] : ['--debug', String(options.debugPort)]),
    ...(options.debugWait ? ['--debug-wait'] : []),
  ];
}

/** What the server gets of the environment: all of it, for it runs in place of the person's own program. Pure. */
export function serverEnvironment(environment: NodeJS.ProcessEnv, packageDir: string): NodeJS.ProcessEnv {
  const path = [packageDir, environment['PYTHONPATH']].filter((part) => part !== undefined && part !== '');
  return { ...environment, PYTHONPATH: path.join(delimiter), PYTHONUNBUFFERED: '1' };
}

/** Runs the server in this terminal until it ends; signals go on to it. @returns its exit status */
export function runServer(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'inherit', env: environment });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}
