import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Clock } from '#server/kernel/clock.ts';
import { isSameProcess, parseIdentity } from '#server/kernel/process-identity.ts';
import type { PythonSettings } from '../python-settings.ts';
import { fetchUv } from './fetch-uv.ts';
import { findInterpreters, type Interpreter } from './find-interpreters.ts';
import { provideUv } from './provide-uv.ts';
import { runProgram, signalGroup, type ProgramEnd } from '../run-program.ts';
import { toolEnvironment, venvFolders, writeAuthorities, type VenvFolders } from './tool-environment.ts';

/** Bound of what only asks a question. */
const PROBE_TIMEOUT_MS = 15_000;
const UV_INSTALL_TIMEOUT_MS = 10 * 60_000;
/** Pythons come and go rarely; a build right after an installation may look a second time. */
const INTERPRETERS_KEPT_MS = 10_000;

/** Who runs a tool: its lines go to somebody's log, and its end comes with the signal. */
export interface ToolUser {
  signal: AbortSignal;
  onLine(line: string): void;
}

/** uv and the Pythons of this host, run with nothing but the settings of builds in their environment. */
export interface PythonToolchain {
  folders: VenvFolders;
  settings: PythonSettings;
  /** Makes the folders, and ends what an earlier process of ours left running. */
  start(): Promise<void>;
  /** @throws AppError when there is no uv and none can be had */
  uv(args: readonly string[], user: ToolUser, timeoutMs: number): Promise<ProgramEnd>;
  /** Runs any program the same way. */
  run(program: string, args: readonly string[], user: ToolUser, timeoutMs: number): Promise<ProgramEnd>;
  /** Pythons of this host and fetched ones. */
  interpreters(user: ToolUser, options?: { again: boolean }): Promise<readonly Interpreter[]>;
}

export interface ToolchainOptions {
  /** `<dataDir>/environments`. */
  folder: string;
  settings: PythonSettings;
  /** `PATH` of this process. */
  hostPath: string;
  clock: Clock;
}

export function createPythonToolchain({ folder, settings, hostPath, clock }: ToolchainOptions): PythonToolchain {
  const folders = venvFolders(folder);
  const environment = toolEnvironment(settings, folders, hostPath);
  let known: { at: number; found: readonly Interpreter[] } | null = null;
  let preparing: { by: AbortSignal; path: Promise<string> } | null = null;

  const run = (program: string, args: readonly string[], user: ToolUser, timeoutMs: number): Promise<ProgramEnd> =>
    runProgram({
      command: program,
      args,
      environment,
      cwd: folders.tmp,
      timeoutMs,
      signal: user.signal,
      onLine: user.onLine,
      runningDir: folders.running,
    });

  function probe(program: string, args: readonly string[], signal: AbortSignal): Promise<ProgramEnd | null> {
    return run(program, args, { signal, onLine: () => undefined }, PROBE_TIMEOUT_MS).catch(asNotStarted);
  }

  async function interpreters({ signal }: ToolUser, { again } = { again: false }): Promise<readonly Interpreter[]> {
    if (known !== null && !again && clock.monotonic() - known.at < INTERPRETERS_KEPT_MS) return known.found;
    const fetched = await readdir(folders.pythons).catch(() => []);
    const places = [
      ...hostPath.split(delimiter).filter((path) => path !== ''),
      ...fetched.filter((name) => name.startsWith('cpython-')).map((name) => join(folders.pythons, name, 'bin')),
    ];
    const found = await findInterpreters([...new Set(places)], (program, args) => probe(program, args, signal));
    known = { at: clock.monotonic(), found };
    return found;
  }

  async function prepareUv(user: ToolUser): Promise<string> {
    await writeAuthorities(folders.certificates, settings.VIRIDIAN_EXTRA_CA_FILE);
    return provideUv({
      folder: folders.uv,
      hostPath,
      interpreters: () => interpreters(user),
      run: (program, args) =>
        run(program, args, { ...user, onLine: () => undefined }, UV_INSTALL_TIMEOUT_MS).catch(asNotStarted),
      fetch: async (path) =>
        fetchUv({
          indexUrl: settings.VIRIDIAN_PIP_INDEX_URL,
          authorities: await readFile(folders.certificates, 'utf8'),
          proxies: {
            httpProxy: settings.VIRIDIAN_HTTP_PROXY,
            httpsProxy: settings.VIRIDIAN_HTTPS_PROXY,
            noProxy: settings.VIRIDIAN_NO_PROXY,
          },
          path,
          signal: user.signal,
        }),
      onLine: user.onLine,
    });
  }

  /** Prepared once for all builds that wait for it. A failure is not remembered: the next build tries again. */
  async function ensureUv(user: ToolUser): Promise<string> {
    const current = (preparing ??= { by: user.signal, path: prepareUv(user) });
    try {
      return await current.path;
    } catch (error) {
      if (preparing === current) preparing = null;
      // The build that was preparing it was given up; this one was not.
      if (current.by.aborted && !user.signal.aborted) return ensureUv(user);
      throw error;
    }
  }

  return {
    folders,
    settings,
    run,
    interpreters,
    async start() {
      const { certificates: _file, ...rest } = folders;
      for (const path of Object.values(rest)) await mkdir(path, { recursive: true, mode: 0o700 });
      await endLeftovers(folders.running);
      await emptyFolder(folders.tmp);
    },
    async uv(args, user, timeoutMs) {
      return run(await ensureUv(user), args, user, timeoutMs);
    },
  };
}

/** Not a program at all; anything else that went wrong concerns the build. */
function asNotStarted(error: unknown): null {
  if ((error as NodeJS.ErrnoException).syscall?.startsWith('spawn') === true) return null;
  throw error;
}

async function endLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const identity = parseIdentity(await readFile(path, 'utf8'));
    if (identity !== null && isSameProcess(identity)) signalGroup(identity.pid, 'SIGKILL');
    await rm(path, { force: true });
  }
}

async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}
