import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EMPTY_DEFINITION } from '#server/domain/environment.ts';
import { createBuildStore } from '#server/environments/build-store.ts';
import type { PythonSettings } from '#server/environments/python-settings.ts';
import { SERVING_REQUIREMENTS } from '#server/environments/serving-requirements.ts';
import { createVenvBuilder, type VenvBuilder } from '#server/environments/venv/venv-builder.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { acquireSupervisorLock } from '../supervisor/supervisor-lock.ts';
import type { Packages } from './find-model.ts';
import { UsageError } from './parse-arguments.ts';

export interface BuildOptions {
  /** Where environments are kept; only of this command, for a running Viridian sweeps its own. */
  folder: string;
  settings: PythonSettings;
  searchPath: string;
  /** Adds debugpy. */
  debugs: boolean;
  onLine: (line: string) => void;
  /** Ends the build. */
  signal: AbortSignal;
}

/** Nobody waits for two builds at once in one terminal; a second terminal is told. */
const BUSY = 'Another "viridian serve-local" is building an environment. Wait until it serves, then try again.';

/**
 * Builds an environment with the packages, as a deployment's is built, or finds it from last time.
 * @returns absolute path of its Python
 * @throws UsageError with the reason of a failure, for people; the signal's reason when it aborts
 */
export async function buildEnvironment(packages: Packages, options: BuildOptions): Promise<string> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const lock = await acquireSupervisorLock(join(options.folder, 'lock'));
  if (lock.kind === 'taken') throw new UsageError(BUSY);
  try {
    return await build(packages, options);
  } finally {
    await lock.release();
  }
}

async function build(packages: Packages, options: BuildOptions): Promise<string> {
  const { folder, settings, searchPath, debugs, signal } = options;
  const logger = createLogger('serve-local', 'error');
  const store = createBuildStore({ folder: join(folder, 'builds'), clock: systemClock, logger });
  await store.start();
  const servingRequirements = [...SERVING_REQUIREMENTS, ...(debugs ? ['debugpy'] : [])];
  const builder = createVenvBuilder({
    store,
    folder,
    settings,
    hostPath: searchPath,
    servingRequirements,
    clock: systemClock,
    logger,
  });
  await builder.start();
  const stop = (): void => void builder.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await waitFor(builder, packages, servingRequirements, options);
  } finally {
    signal.removeEventListener('abort', stop);
    await builder.stop();
  }
}

async function waitFor(
  builder: VenvBuilder,
  packages: Packages,
  servingRequirements: readonly string[],
  { onLine, signal }: BuildOptions,
): Promise<string> {
  const { inferenceConfig: _routes, imageArchive: _archive, build: _build, ...rest } = EMPTY_DEFINITION;
  const definition = { ...rest, ...packages, imageArchive: null, build: null };
  const key = createHash('sha256')
    .update(JSON.stringify([definition, servingRequirements]))
    .digest('hex')
    .slice(0, 32);
  signal.throwIfAborted();
  const begun = await builder.ensure({
    key,
    runtime: 'process',
    definition,
    servesPython: true,
    isRebuild: false,
    attempt: String(process.pid),
  });
  if (begun.kind === 'building') await builder.followLog(key, null, ({ text }) => onLine(text), signal);
  signal.throwIfAborted();
  const ended = (await builder.find(key))?.state;
  if (ended?.kind === 'failed') throw new UsageError(ended.failure.detail);
  if (ended?.kind !== 'ready' || ended.artifact.kind !== 'venv') throw new UsageError('The build was ended.');
  return ended.artifact.python;
}
