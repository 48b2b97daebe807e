import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '#server/kernel/app-error.ts';
import type { CuratedEnvironment } from '../curated/curated-environments.ts';
import { readDefinition } from '../python-requirements/read-definition.ts';
import { normalName } from '../python-requirements/requirement-line.ts';
import { classifyToolFailure } from '../venv/classify-tool-failure.ts';
import { resolvePackages } from '../venv/resolve-packages.ts';
import type { ToolUser } from '../venv/python-toolchain.ts';
import type { ProgramEnd } from '../run-program.ts';
import { takePython } from '../venv/take-python.ts';
import { ownNameOf, type BuildTask, type MadeImage } from './build-task.ts';
import { BuildFailedError } from './classify-failure.ts';
import { openContainerToolchain, type ContainerToolchain } from './container-toolchain.ts';
import { installConda } from './install-conda.ts';
import { BUILD_LABEL, PYTHON_LABEL } from './labels.ts';

const ENVIRONMENT = '/opt/viridian/env';
const RESOLVE_TIMEOUT_MS = 15 * 60_000;
/** Gigabytes of CUDA libraries over a slow line. */
const INSTALL_TIMEOUT_MS = 2 * 60 * 60_000;
const SHORT_TIMEOUT_MS = 5 * 60_000;

/**
 * Puts Python packages on top of an image. A conda file, or a curated base, gets an environment of its own; on somebody's image, lines of
 * pip go where the image's own packages are, as `RUN pip install` would have it.
 * @throws BuildFailedError
 */
export async function addPython(
  task: BuildTask,
  base: MadeImage,
  curated: CuratedEnvironment | null,
): Promise<MadeImage> {
  const path = base.image.environment.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? null;
  const tools = await openContainerToolchain(task, base.image.id, path);
  try {
    const made = await install(task, base, tools, curated);
    task.journal.step('Keeping the image');
    await task.engine.commit(tools.containerId, task.ownName, {
      entrypoint: base.image.entrypoint,
      command: base.image.command,
      user: base.image.user,
      labels: { ...task.labels, [PYTHON_LABEL]: made.python, [BUILD_LABEL]: '' },
    });
    const image = await task.engine.inspect(ownNameOf(task.ownName));
    if (image === null) throw new BuildFailedError('deployment.build_failed', 'The new image is not there.');
    return { ...base, ...made, image, digest: null, warnings: [...base.warnings, ...made.warnings] };
  } catch (error) {
    if (error instanceof AppError) throw new BuildFailedError(codeOf(error), error.message);
    throw error;
  } finally {
    await tools.close();
  }
}

/** A file that cannot be read was accepted before; whatever is wrong with it now ends the build. */
const codeOf = ({ code }: AppError): AppError['code'] =>
  code === 'request.invalid' ? 'deployment.build_failed' : code;

type Installed = Pick<MadeImage, 'packages' | 'warnings'> & { python: string };

async function install(
  task: BuildTask,
  base: MadeImage,
  tools: ContainerToolchain,
  curated: CuratedEnvironment | null,
): Promise<Installed> {
  const user: ToolUser = { signal: task.signal, onLine: (line) => task.journal.line(line) };
  const asked = readDefinition(task.definition);
  const own = base.image.labels[PYTHON_LABEL] ?? null;
  const isIsolated = own === null && (task.definition.condaFile !== null || curated !== null);
  const requirements = joinRequirements(curated?.requirements ?? [], asked.requirements);
  const packages = { requirements, optional: task.servesPython ? task.servingRequirements : [] };
  if (asked.unmapped.length > 0) return installFromConda(task, tools, user, asked.notes);
  say(task, 'Finding Python');
  const found =
    own === null
      ? await takePython(asked.pythonVersion, tools, user)
      : { python: { path: own }, warnings: await compareWish(asked.pythonVersion, own) };
  const installed = isIsolated
    ? await installApart(task, tools, user, found.python.path, packages)
    : await installInto(task, tools, user, found.python.path, packages);
  const warnings = [...asked.notes, ...found.warnings, ...installed.warnings];
  for (const warning of warnings) task.journal.line(warning);
  return { python: installed.python, warnings, packages: await listPackages(tools, user, installed.python) };
}

/** What somebody asks for stands in for what we would have taken of the same package. */
function joinRequirements(ours: readonly string[], theirs: readonly string[]): string[] {
  const nameOf = (line: string): string => normalName(/^[A-Za-z0-9][\w.-]*/.exec(line)?.[0] ?? line);
  const named = new Set(theirs.map(nameOf));
  return [...ours.filter((line) => !named.has(nameOf(line))), ...theirs];
}

/** The Python of a base of ours is what it is. */
async function compareWish(wanted: string | null, own: string): Promise<string[]> {
  return wanted === null ? [] : [`The packages go into ${own} of the base image; Python ${wanted} was asked for.`];
}

function say({ journal }: BuildTask, step: string): void {
  journal.step(step);
  journal.line(`== ${step}`);
}

interface Wanted {
  requirements: readonly string[];
  optional: readonly string[];
}

/** Conda solves the whole file by itself, its pip list included; lines of pip that stand beside it come after. */
async function installFromConda(
  task: BuildTask,
  tools: ContainerToolchain,
  user: ToolUser,
  notes: readonly string[],
): Promise<Installed> {
  say(task, 'Installing packages with micromamba');
  await installConda(task, tools, user, ENVIRONMENT);
  const beside = readDefinition({ ...task.definition, condaFile: null });
  const { python, warnings } = await installInto(task, tools, user, `${ENVIRONMENT}/bin/python`, {
    requirements: beside.requirements,
    optional: task.servesPython ? task.servingRequirements : [],
  });
  return { python, warnings: [...notes, ...warnings], packages: await listPackages(tools, user, python) };
}

/** An environment of its own: nothing of the image's packages is seen in it. The versions are settled first, and kept in the image. */
async function installApart(
  task: BuildTask,
  tools: ContainerToolchain,
  user: ToolUser,
  python: string,
  { requirements, optional }: Wanted,
): Promise<{ python: string; warnings: string[] }> {
  say(task, 'Resolving packages');
  const options = { python, requirements, optional, timeoutMs: RESOLVE_TIMEOUT_MS };
  const { lock, warnings } = await resolvePackages(options, tools, user);
  const lockPath = join(tools.folders.tmp, 'lock.txt');
  await writeFile(lockPath, lock);
  say(task, 'Installing packages');
  check(await tools.uv(['venv', '--quiet', '--no-project', '--python', python, ENVIRONMENT], user, SHORT_TIMEOUT_MS));
  const inside = `${ENVIRONMENT}/bin/python`;
  const sync = ['pip', 'sync', '--python', inside, '--compile-bytecode', '--allow-empty-requirements', lockPath];
  check(await tools.uv(sync, user, INSTALL_TIMEOUT_MS));
  check(await tools.run('cp', [lockPath, '/opt/viridian/lock.txt'], user, SHORT_TIMEOUT_MS));
  return { python: inside, warnings };
}

/** Into a Python that has packages already: they stay as far as they go together with the new ones. */
async function installInto(
  task: BuildTask,
  tools: ContainerToolchain,
  user: ToolUser,
  python: string,
  { requirements, optional }: Wanted,
): Promise<{ python: string; warnings: string[] }> {
  const options = ['--python', python, '--break-system-packages', '--compile-bytecode'];
  if (requirements.length > 0) {
    say(task, 'Installing packages');
    const file = join(tools.folders.tmp, 'requirements.txt');
    await writeFile(file, `${requirements.join('\n')}\n`);
    check(await tools.uv(['pip', 'install', ...options, '--requirement', file], user, INSTALL_TIMEOUT_MS));
  }
  const warnings: string[] = [];
  for (const line of optional) {
    const end = await tools.uv(
      ['pip', 'install', ...options, '--only-binary', ':all:', line],
      { signal: user.signal, onLine: () => undefined },
      INSTALL_TIMEOUT_MS,
    );
    if (end.status === 0) continue;
    warnings.push(
      `${line} is left out: it does not go together with the image. The model server works without it, more slowly.`,
    );
  }
  return { python, warnings };
}

/** @throws BuildFailedError with the tool's words */
function check(end: ProgramEnd): void {
  if (end.status === 0) return;
  if (end.timedOut) {
    const detail = 'Installing the packages took too long. Check how fast the package index answers.';
    throw new BuildFailedError('deployment.packages_unreachable', detail);
  }
  const { code, detail } = classifyToolFailure(end.output);
  throw new BuildFailedError(code, detail);
}

const packagesSchema = z.array(z.object({ name: z.string(), version: z.string() }));

async function listPackages(
  tools: ContainerToolchain,
  user: ToolUser,
  python: string,
): Promise<z.infer<typeof packagesSchema>> {
  const quiet = { signal: user.signal, onLine: () => undefined };
  const args = ['pip', 'list', '--quiet', '--python', python, '--format', 'json'];
  const end = await tools.uv(args, quiet, SHORT_TIMEOUT_MS);
  check(end);
  return packagesSchema.parse(JSON.parse(end.stdout));
}
