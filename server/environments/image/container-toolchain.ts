import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parsePythonVersion } from '../python-requirements/python-version.ts';
import type { FetchOptions } from '../venv/fetch-uv.ts';
import type { Interpreter } from '../venv/find-interpreters.ts';
import type { PythonToolchain, ToolUser } from '../venv/python-toolchain.ts';
import type { ProgramEnd } from '../run-program.ts';
import { toolEnvironment, venvFolders, writeAuthorities } from '../venv/tool-environment.ts';
import type { BuildTask } from './build-task.ts';
import { BuildFailedError } from './classify-failure.ts';
import { EngineRefusalError, type ImageEngine, type WorkContainerOptions } from './engine.ts';
import { BUILD_LABEL, INSTALLATION_LABEL } from './labels.ts';
import { provideStaticUv } from './provide-static-uv.ts';

/** A volume: what is mounted below it leaves no trace in the image. */
const BUILD_INSIDE = '/opt/viridian-build';
const UV_INSIDE = `${BUILD_INSIDE}/uv`;
const WORK_INSIDE = `${BUILD_INSIDE}/work`;
/** Pythons that uv fetches are part of the image. */
const PYTHONS_INSIDE = '/opt/viridian/python';
const PATH_INSIDE = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/conda/bin:/opt/miniconda/bin';
/** A container that nobody removes ends by itself after this. */
const LIFE_SECONDS = 3 * 3600;
const PROBE_TIMEOUT_MS = 60_000;
/** Compilers of packages without wheels start many processes. */
const PIDS_LIMIT = 2048;

/** The tools of Python builds, run inside a container of an image. */
export interface ContainerToolchain extends PythonToolchain {
  /** Proxies and authorities of builds, for what is fetched on this host. */
  fetching: FetchOptions;
  containerId: string;
  close(): Promise<void>;
}

/**
 * Starts a container of an image with uv in it. Proxies, index addresses and the authorities come with each program that is run, and by a
 * mount: the container's own configuration and files have nothing of them, so that what is made of it has nothing either.
 */
export async function openContainerToolchain(
  task: BuildTask,
  imageId: string,
  pathInside: string | null,
): Promise<ContainerToolchain> {
  const { engine, settings, journal, signal } = task;
  const folder = join(task.workDir, task.key);
  await rm(folder, { recursive: true, force: true });
  const folders = { ...venvFolders(folder), pythons: PYTHONS_INSIDE };
  for (const path of [folders.tmp, folders.home]) await mkdir(path, { recursive: true, mode: 0o700 });
  await writeAuthorities(folders.certificates, settings.VIRIDIAN_EXTRA_CA_FILE);
  const fetching: FetchOptions = {
    authorities: await readFile(folders.certificates, 'utf8'),
    proxies: {
      httpProxy: settings.VIRIDIAN_HTTP_PROXY,
      httpsProxy: settings.VIRIDIAN_HTTPS_PROXY,
      noProxy: settings.VIRIDIAN_NO_PROXY,
    },
    signal,
  };
  const uv = await provideStaticUv({
    folder: join(task.workDir, 'uv'),
    indexUrl: settings.VIRIDIAN_PIP_INDEX_URL,
    architecture: task.architecture,
    ...fetching,
    onLine: (line) => journal.line(line),
  });
  /** Paths of the host, as the container has them. */
  const inside = (text: string): string => text.replaceAll(folder, WORK_INSIDE);
  const containerId = await startContainer(engine, {
    imageId,
    labels: { [BUILD_LABEL]: task.labels[INSTALLATION_LABEL] ?? '' },
    network: settings.VIRIDIAN_BUILD_NETWORK,
    binds: [
      { source: uv, target: UV_INSIDE, writable: false },
      { source: folder, target: WORK_INSIDE, writable: true },
    ],
    scratch: [BUILD_INSIDE, inside(folders.cache)],
    lifeSeconds: LIFE_SECONDS,
    pidsLimit: PIDS_LIMIT,
  });
  const variables = {
    ...toolEnvironment(settings, folders, pathInside ?? PATH_INSIDE),
    UV_LINK_MODE: 'copy',
    MAMBA_ROOT_PREFIX: join(folders.cache, 'mamba'),
    MAMBA_SSL_VERIFY: folders.certificates,
    MAMBA_NO_RC: 'true',
    CONDA_CHANNEL_ALIAS: settings.VIRIDIAN_CONDA_CHANNEL_ALIAS,
    MAMBA_CHANNEL_ALIAS: settings.VIRIDIAN_CONDA_CHANNEL_ALIAS,
  };
  const environment = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, inside(value)]));

  async function run(program: string, args: readonly string[], user: ToolUser, timeoutMs: number): Promise<ProgramEnd> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const output: string[] = [];
    const onOutput = (text: string): void => {
      output.push(text);
      for (const line of text.split(/\r?\n/)) if (line.trim() !== '') user.onLine(line);
    };
    try {
      const both = AbortSignal.any([user.signal, timeout]);
      const end = await engine.exec(containerId, [program, ...args].map(inside), environment, onOutput, both);
      return { status: end.exitCode, stdout: end.stdout, output: `${output.join('')}${end.stdout}`, timedOut: false };
    } catch (error) {
      user.signal.throwIfAborted();
      if (error instanceof EngineRefusalError && /is not running/i.test(error.message))
        throw withoutShell(error.message);
      if (timeout.aborted) return { status: null, stdout: '', output: output.join(''), timedOut: true };
      throw error;
    }
  }

  return {
    containerId,
    fetching,
    folders,
    settings,
    run,
    start: async () => undefined,
    uv: (args, user, timeoutMs) => run(UV_INSIDE, args, user, timeoutMs),
    async interpreters(user) {
      const quiet = { signal: user.signal, onLine: () => undefined };
      const args = ['python', 'list', '--only-installed', '--output-format', 'json'];
      return readInterpreters(await run(UV_INSIDE, args, quiet, PROBE_TIMEOUT_MS));
    },
    async close() {
      await engine.removeContainer(containerId);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws BuildFailedError deployment.image_invalid for an image that no program can be run in */
async function startContainer(engine: ImageEngine, options: WorkContainerOptions): Promise<string> {
  try {
    return await engine.startWorkContainer(options);
  } catch (error) {
    if (!(error instanceof EngineRefusalError) || !/no such file|not found/i.test(error.message)) throw error;
    throw withoutShell(error.message);
  }
}

const withoutShell = (said: string): BuildFailedError =>
  new BuildFailedError(
    'deployment.image_invalid',
    `Packages can only be put on an image that has /bin/sh and sleep. Take another base, or install them in a Dockerfile. The engine says: ${said}`,
  );

const listSchema = z.array(
  z.object({ path: z.string().nullable(), version: z.string(), implementation: z.string(), variant: z.string() }),
);

function readInterpreters({ status, stdout }: ProgramEnd): Interpreter[] {
  if (status !== 0) return [];
  return listSchema.parse(JSON.parse(stdout)).flatMap(({ path, version, implementation, variant }) => {
    const parsed = parsePythonVersion(version);
    const isUsual = implementation === 'cpython' && variant === 'default';
    return path === null || parsed === null || !isUsual ? [] : [{ path, version: parsed }];
  });
}
