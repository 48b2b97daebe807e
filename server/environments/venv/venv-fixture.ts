import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { BuildRequest, BuildState } from '#server/domain/environment-build.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { parseConfig, type Environment } from '#server/kernel/config.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { createBuildStore, type BuildStore, type StoredBuild } from '../build-store.ts';
import { pythonConfig, type PythonSettings } from '../python-settings.ts';
import { createPythonToolchain } from './python-toolchain.ts';
import { createVenvBuilder, type VenvBuilder } from './venv-builder.ts';

const execute = promisify(execFile);
const logger = createLogger('test', 'silent');

/** Tests that need a Python and a package index run where VIRIDIAN_REQUIRE names python. */
export const requiresPython = (process.env['VIRIDIAN_REQUIRE'] ?? '').split(',').includes('python');

/** Settings with which this machine reaches the public package index: what its own pip is told, through the product's settings. */
export function publicIndexSettings(): Environment {
  const { env } = process;
  return {
    VIRIDIAN_EXTRA_CA_FILE: env['SSL_CERT_FILE'],
    VIRIDIAN_PIP_INDEX_URL: env['PIP_INDEX_URL'],
    VIRIDIAN_HTTPS_PROXY: env['HTTPS_PROXY'] ?? env['https_proxy'],
    VIRIDIAN_NO_PROXY: env['NO_PROXY'] ?? env['no_proxy'],
    VIRIDIAN_PYTHON_DOWNLOADS: 'never',
  };
}

/** Installs uv once for all tests of a file; the folder comes first in the search path of builders, which then use it. */
export async function installUv(): Promise<{ folder: string; path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-uv-'));
  const settings = parseConfig(pythonConfig, publicIndexSettings());
  const tools = createPythonToolchain({ folder, settings, hostPath: process.env['PATH'] ?? '', clock: systemClock });
  await tools.start();
  const user = { signal: AbortSignal.timeout(120_000), onLine: () => undefined };
  const end = await tools.uv(['--version'], user, 60_000);
  if (end.status !== 0) throw new Error(end.output);
  const { stdout } = await execute('find', [tools.folders.uv, '-name', 'uv', '-type', 'f']);
  const found = stdout.trim().split('\n')[0] ?? '';
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { folder, path: found === '' ? '' : dirname(found), remove };
}

export interface Workplace {
  folder: string;
  store: BuildStore;
  builder: VenvBuilder;
  settings: PythonSettings;
  /** Stops the builder and begins anew in the same folder, as a restart does. */
  restart(changes?: Environment): Promise<void>;
  remove(): Promise<void>;
}

export interface WorkplaceOptions {
  environment: Environment;
  uvPath: string;
  hostPath?: string;
  servingRequirements?: readonly string[];
}

/** A builder with a store, in a folder of its own. */
export async function openWorkplace(options: WorkplaceOptions): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-venvs-'));

  async function open(environment: Environment): Promise<Pick<Workplace, 'store' | 'builder' | 'settings'>> {
    const settings = parseConfig(pythonConfig, environment);
    const store = createBuildStore({ folder: join(folder, 'builds'), clock: systemClock, logger });
    await store.start();
    const builder = createVenvBuilder({
      store,
      folder,
      settings,
      hostPath: [options.uvPath, options.hostPath ?? process.env['PATH'] ?? ''].join(delimiter),
      servingRequirements: options.servingRequirements ?? [],
      clock: systemClock,
      logger,
    });
    await builder.start();
    return { settings, store, builder };
  }

  const workplace: Workplace = {
    folder,
    ...(await open(options.environment)),
    async restart(changes = {}) {
      await workplace.builder.stop();
      Object.assign(workplace, await open({ ...options.environment, ...changes }));
    },
    async remove() {
      await workplace.builder.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return workplace;
}

export function request(key: string, pipRequirements: string, changes: Partial<BuildRequest> = {}): BuildRequest {
  const definition = {
    image: null,
    imageArchive: null,
    build: null,
    condaFile: null,
    pipRequirements,
    pythonVersion: null,
  };
  return { key, runtime: 'process', definition, servesPython: false, isRebuild: false, attempt: 'first', ...changes };
}

/** Resolves when a condition on a build holds. */
export function until(
  { builder, store }: Workplace,
  key: string,
  holds: (build: StoredBuild | null) => boolean,
): Promise<StoredBuild | null> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const build = store.find(key);
      if (holds(build)) resolve(build);
      return holds(build);
    };
    if (look()) return;
    const unsubscribe = builder.onHint(() => {
      if (look()) unsubscribe();
    });
  });
}

/** Builds and waits for the end. */
export async function build(workplace: Workplace, asked: BuildRequest): Promise<BuildState> {
  await workplace.builder.ensure(asked);
  const ended = await until(workplace, asked.key, (found) => found?.state.kind !== 'building');
  if (ended === null) throw new Error(`The build of ${asked.key} was ended.`);
  return ended.state;
}

export async function logOf({ builder }: Workplace, key: string): Promise<string> {
  const lines = await builder.readLog(key, { tail: 10_000 });
  return lines.map(({ text }) => text).join('\n');
}

/** What a program of an environment prints. */
export async function runPython(state: BuildState, code: string): Promise<string> {
  if (state.kind !== 'ready' || state.artifact.kind !== 'venv') throw new Error(`Not ready: ${JSON.stringify(state)}`);
  const { stdout } = await execute(state.artifact.python, ['-c', code]);
  return stdout.trim();
}
