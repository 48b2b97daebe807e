import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BuildRequest } from '#server/domain/environment-build.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { writeFileDurably } from '#server/kernel/write-file-durably.ts';
import type { BuildJournal, BuildResult } from '../build-store.ts';
import { readDefinition } from '../python-requirements/read-definition.ts';
import { sayOnlyConda } from './check-requirements.ts';
import { classifyToolFailure } from './classify-tool-failure.ts';
import type { Interpreter } from './find-interpreters.ts';
import { lockedPackages } from './lock-file.ts';
import { measureFolder } from './measure-folder.ts';
import type { PythonToolchain, ToolUser } from './python-toolchain.ts';
import { resolvePackages, type Resolution } from './resolve-packages.ts';
import type { ProgramEnd } from '../run-program.ts';
import { takePython } from './take-python.ts';

const RESOLVE_TIMEOUT_MS = 15 * 60_000;
/** Gigabytes of CUDA libraries over a slow line. */
const INSTALL_TIMEOUT_MS = 2 * 60 * 60_000;
const SHORT_TIMEOUT_MS = 2 * 60_000;

export interface BuildVenvDeps {
  tools: PythonToolchain;
  journal: BuildJournal;
  signal: AbortSignal;
  /** What our Python model server likes to have. */
  servingRequirements: readonly string[];
}

/**
 * Builds a virtual environment at its final place, for paths of it stand in its scripts, in compiled code and in tracebacks; the record in the
 * store says that it is whole.
 * @throws AppError with the reason for people
 */
export async function buildVenv(request: BuildRequest, deps: BuildVenvDeps): Promise<BuildResult> {
  const { tools, journal, signal } = deps;
  const user: ToolUser = { signal, onLine: (line) => journal.line(line) };
  const venv = join(tools.folders.venvs, request.key);
  await rm(venv, { recursive: true, force: true });
  refuseContainer(request);
  const asked = readDefinition(request.definition);
  const warnings = [...describeIgnored(request), ...asked.notes];
  refuseUnmapped(asked.unmapped);

  step(journal, 'Find Python');
  const { python, warnings: pythonWarnings } = await takePython(asked.pythonVersion, tools, user);
  warnings.push(...pythonWarnings);
  for (const warning of warnings) journal.line(warning);
  journal.line(`Python ${python.version.join('.')} (${python.path})`);

  step(journal, 'Resolve packages');
  const optional = request.servesPython ? deps.servingRequirements : [];
  const resolution = await resolveOnce(
    request.key,
    { python, requirements: asked.requirements, optional },
    tools,
    user,
  );
  warnings.push(...resolution.warnings);
  const locked = lockedPackages(resolution.lock);

  step(journal, `Install ${locked.length} package${locked.length === 1 ? '' : 's'}`);
  await makeVenv(venv, python, tools, user);
  await writeFileDurably(join(venv, 'lock.txt'), resolution.lock);
  await install(venv, tools, user);

  step(journal, 'Check');
  const interpreter = join(venv, 'bin', 'python');
  const pythonVersion = await checkInterpreter(interpreter, tools, user);
  const packages = await listPackages(interpreter, tools, user);
  return {
    artifact: { kind: 'venv', python: interpreter, pythonVersion },
    warnings,
    sizeBytes: await measureFolder(venv),
    packages,
    facts: { lock: resolution.lock },
  };
}

function step(journal: BuildJournal, name: string): void {
  journal.step(name);
  journal.line(`== ${name}`);
}

function refuseContainer({ definition }: BuildRequest): void {
  if (definition.build === null && definition.imageArchive === null) return;
  const what = definition.build === null ? 'A saved image' : 'A Dockerfile';
  throw new AppError('deployment.runtime_unavailable', `${what} can only be used with the Docker runtime.`);
}

function describeIgnored({ definition }: BuildRequest): string[] {
  return definition.image === null
    ? []
    : [
        `The image ${definition.image} is not used on the process runtime: only its packages are installed, on a Python of this host.`,
      ];
}

function refuseUnmapped(unmapped: readonly string[]): void {
  if (unmapped.length === 0) return;
  throw new AppError('deployment.package_not_found', sayOnlyConda(unmapped), { details: { packages: unmapped } });
}

/**
 * The lock file of an environment outlives the environment: one that was removed from the cache comes back with the same versions, and without
 * the solver.
 */
async function resolveOnce(
  key: string,
  input: { python: Interpreter; requirements: readonly string[]; optional: readonly string[] },
  tools: PythonToolchain,
  user: ToolUser,
): Promise<Resolution> {
  const path = join(tools.folders.locks, `${key}.json`);
  const python = input.python.version.slice(0, 2).join('.');
  const kept = await readLock(path);
  if (kept?.python === python) {
    user.onLine('The versions are those of the lock file.');
    return kept;
  }
  const { requirements, optional } = input;
  const options = { python: input.python.path, requirements, optional, timeoutMs: RESOLVE_TIMEOUT_MS };
  const resolution = await resolvePackages(options, tools, user);
  await mkdir(tools.folders.locks, { recursive: true, mode: 0o700 });
  await writeFileDurably(path, JSON.stringify({ python, ...resolution }));
  return resolution;
}

const lockSchema = z.object({ python: z.string(), lock: z.string(), warnings: z.array(z.string()) });

async function readLock(path: string): Promise<z.infer<typeof lockSchema> | null> {
  try {
    return lockSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const unreadable = error instanceof SyntaxError || error instanceof z.ZodError;
    if (unreadable || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function makeVenv(venv: string, python: Interpreter, tools: PythonToolchain, user: ToolUser): Promise<void> {
  const end = await tools.uv(
    ['venv', '--quiet', '--no-project', '--python', python.path, venv],
    user,
    SHORT_TIMEOUT_MS,
  );
  refuseFailure(end);
}

/** Not compiled here: most of a large environment is never imported, and Python keeps what the first instance compiles at its start. */
async function install(venv: string, tools: PythonToolchain, user: ToolUser): Promise<void> {
  const lock = join(venv, 'lock.txt');
  const end = await tools.uv(
    ['pip', 'sync', '--python', join(venv, 'bin', 'python'), '--allow-empty-requirements', lock],
    user,
    INSTALL_TIMEOUT_MS,
  );
  refuseFailure(end);
}

function refuseFailure(end: ProgramEnd): void {
  if (end.status === 0) return;
  if (end.timedOut) {
    throw new AppError(
      'deployment.packages_unreachable',
      'Installing the packages took too long. Check how fast the package index answers.',
    );
  }
  const { code, detail } = classifyToolFailure(end.output);
  throw new AppError(code, detail);
}

async function checkInterpreter(python: string, tools: PythonToolchain, user: ToolUser): Promise<string> {
  const end = await tools.run(
    python,
    ['-I', '-c', 'import platform; print(platform.python_version())'],
    user,
    SHORT_TIMEOUT_MS,
  );
  const version = /^\d+\.\d+\.\S+/.exec(end.stdout)?.[0];
  if (end.status === 0 && version !== undefined) return version;
  throw new AppError(
    'deployment.build_failed',
    `The Python of the new environment does not start: ${end.output.slice(-500)}`,
  );
}

const packagesSchema = z.array(z.object({ name: z.string(), version: z.string() }));

async function listPackages(
  python: string,
  tools: PythonToolchain,
  user: ToolUser,
): Promise<z.infer<typeof packagesSchema>> {
  const quiet = { signal: user.signal, onLine: () => undefined };
  const end = await tools.uv(
    ['pip', 'list', '--quiet', '--python', python, '--format', 'json'],
    quiet,
    SHORT_TIMEOUT_MS,
  );
  refuseFailure(end);
  return packagesSchema.parse(JSON.parse(end.stdout));
}
