import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parsePythonVersion } from '../python-requirements/python-version.ts';
import type { Interpreter } from '../venv/find-interpreters.ts';
import type { PythonToolchain, ToolUser } from '../venv/python-toolchain.ts';
import type { ProgramEnd } from '../venv/run-program.ts';
import { toolEnvironment, venvFolders, writeAuthorities } from '../venv/tool-environment.ts';
import type { BuildTask } from './build-task.ts';
import { BUILD_LABEL, INSTALLATION_LABEL } from './labels.ts';
import { provideStaticUv } from './provide-static-uv.ts';

const UV_INSIDE = '/opt/viridian-build/uv';
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
  /** PEM of everything that builds believe. */
  authorities: Buffer;
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
  const authorities = await readFile(folders.certificates);
  const uv = await provideStaticUv({
    folder: join(task.workDir, 'uv'),
    settings,
    authorities,
    architecture: task.architecture,
    signal,
    onLine: (line) => journal.line(line),
  });
  const containerId = await engine.startWorkContainer({
    imageId,
    labels: { [BUILD_LABEL]: task.labels[INSTALLATION_LABEL] ?? '' },
    network: settings.VIRIDIAN_BUILD_NETWORK,
    binds: [
      { source: uv, target: UV_INSIDE, writable: false },
      { source: folder, target: folder, writable: true },
    ],
    scratch: [folders.cache],
    lifeSeconds: LIFE_SECONDS,
    pidsLimit: PIDS_LIMIT,
  });
  const environment = {
    ...toolEnvironment(settings, folders, pathInside ?? PATH_INSIDE),
    UV_LINK_MODE: 'copy',
    MAMBA_ROOT_PREFIX: join(folders.cache, 'mamba'),
    MAMBA_SSL_VERIFY: folders.certificates,
    MAMBA_NO_RC: 'true',
    CONDA_CHANNEL_ALIAS: settings.VIRIDIAN_CONDA_CHANNEL_ALIAS,
    MAMBA_CHANNEL_ALIAS: settings.VIRIDIAN_CONDA_CHANNEL_ALIAS,
  };

  async function run(program: string, args: readonly string[], user: ToolUser, timeoutMs: number): Promise<ProgramEnd> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const output: string[] = [];
    const onOutput = (text: string): void => {
      output.push(text);
      for (const line of text.split(/\r?\n/)) if (line.trim() !== '') user.onLine(line);
    };
    try {
      const both = AbortSignal.any([user.signal, timeout]);
      const end = await engine.exec(containerId, [program, ...args], environment, onOutput, both);
      return { status: end.exitCode, stdout: end.stdout, output: `${output.join('')}${end.stdout}`, timedOut: false };
    } catch (error) {
      user.signal.throwIfAborted();
      if (timeout.aborted) return { status: null, stdout: '', output: output.join(''), timedOut: true };
      throw error;
    }
  }

  return {
    containerId,
    authorities,
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
