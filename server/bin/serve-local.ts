import { join } from 'node:path';
import { pythonConfig } from '#server/environments/python-settings.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { ConfigError, dataDirConfig, parseConfig } from '#server/kernel/config.ts';
import { dataDirPaths } from '#server/kernel/data-dir.ts';
import { buildEnvironment } from './serve-local/build-environment.ts';
import { findModel, type Packages } from './serve-local/find-model.ts';
import { HELP, parseArguments, type ServeLocalOptions, UsageError } from './serve-local/parse-arguments.ts';
import { checkPython, runServer, serverCommand, serverEnvironment } from './serve-local/run-server.ts';

/** `viridian serve-local`: the Python model server in a terminal, for work on a scoring script or a model. */
const PACKAGE_DIR = join(import.meta.dirname, '..', 'inference', 'python');

const EXIT_USAGE = 2;

async function serveLocal(options: ServeLocalOptions): Promise<number> {
  const environment = serverEnvironment(process.env, PACKAGE_DIR);
  const model = await findModel(options);
  const python = model.needs === null ? (options.python ?? 'python3') : await build(model.needs, options);
  checkPython(python, environment);
  return runServer(serverCommand(python, model, options), environment);
}

async function build(packages: Packages, options: ServeLocalOptions): Promise<string> {
  const settings = parseConfig({ ...dataDirConfig, ...pythonConfig }, process.env);
  const control = new AbortController();
  const abort = (): void => control.abort(new UsageError('The build was ended.'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, abort);
  try {
    return await buildEnvironment(packages, {
      folder: join(dataDirPaths(settings.VIRIDIAN_DATA_DIR).environments, 'serve-local'),
      settings,
      searchPath: process.env['PATH'] ?? '',
      debugs: options.debugPort !== null,
      onLine: (line) => console.log(line),
      signal: control.signal,
    });
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, abort);
  }
}

try {
  const options = parseArguments(process.argv.slice(2));
  if (options === null) console.log(HELP);
  else process.exitCode = await serveLocal(options);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ConfigError || error instanceof AppError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
