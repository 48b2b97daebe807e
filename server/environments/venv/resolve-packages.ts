import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#server/kernel/app-error.ts';
import { normalName } from '../python-requirements/requirement-line.ts';
import { classifyToolFailure } from './classify-tool-failure.ts';
import { keepAskedHashes } from './lock-file.ts';
import type { PythonToolchain, ToolUser } from './python-toolchain.ts';
import type { ProgramEnd } from '../run-program.ts';

export interface Resolution {
  /** Every package in one version, with the hashes of its files. */
  lock: string;
  warnings: string[];
}

export interface ResolveOptions {
  /** Path of the interpreter that the packages are for. */
  python: string;
  requirements: readonly string[];
  /** Taken along where they have wheels for this Python and go together with the rest; our server does without them otherwise. */
  optional: readonly string[];
  timeoutMs: number;
}

/**
 * Finds versions that go together.
 * @throws AppError with the solver's words, `deployment.packages_conflict` and its kin
 */
export async function resolvePackages(
  { python, requirements, optional, timeoutMs }: ResolveOptions,
  tools: PythonToolchain,
  user: ToolUser,
): Promise<Resolution> {
  const folder = await mkdtemp(join(tools.folders.tmp, 'resolve-'));
  const named = new Set(requirements.map(nameOf));
  const wanted = optional.filter((line) => !named.has(nameOf(line)));
  const attempt = (extra: readonly string[], quiet: boolean): Promise<{ end: ProgramEnd; lock: string }> =>
    compile({ folder, python, requirements, extra, timeoutMs }, tools, quiet ? silenced(user) : user);
  try {
    const whole = await attempt(wanted, false);
    if (whole.end.status === 0) return { lock: whole.lock, warnings: [] };
    // Whose fault it was shows without ours; a person reads about ours only when theirs is right.
    const theirs = wanted.length === 0 ? whole : await attempt([], true);
    if (theirs.end.status !== 0) throw failureOf(theirs.end, timeoutMs);
    return await addOneByOne(wanted, theirs.lock, (extra) => attempt(extra, true));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addOneByOne(
  wanted: readonly string[],
  lock: string,
  attempt: (extra: readonly string[]) => Promise<{ end: ProgramEnd; lock: string }>,
): Promise<Resolution> {
  let best = lock;
  let taken: string[] = [];
  const warnings: string[] = [];
  for (const line of wanted) {
    const tried = await attempt([...taken, line]);
    if (tried.end.status === 0) {
      best = tried.lock;
      taken = [...taken, line];
    } else {
      warnings.push(
        `${nameOf(line)} is left out: it has no wheel for this Python, or does not go together with the packages. The model server works without it, more slowly.`,
      );
    }
  }
  return { lock: best, warnings };
}

async function compile(
  input: {
    folder: string;
    python: string;
    requirements: readonly string[];
    extra: readonly string[];
    timeoutMs: number;
  },
  tools: PythonToolchain,
  user: ToolUser,
): Promise<{ end: ProgramEnd; lock: string }> {
  const [asked, locked] = [join(input.folder, 'requirements.in'), join(input.folder, 'lock.txt')];
  await writeFile(asked, `${[...input.requirements, ...input.extra].join('\n')}\n`, { mode: 0o600 });
  await rm(locked, { force: true });
  const end = await tools.uv(
    [
      'pip',
      'compile',
      '--quiet',
      `--python=${input.python}`,
      '--generate-hashes',
      '--no-header',
      '--no-annotate',
      '--no-strip-extras',
      '--emit-build-options',
      `--output-file=${locked}`,
      ...input.extra.map((line) => `--only-binary=${nameOf(line)}`),
      asked,
    ],
    user,
    input.timeoutMs,
  );
  const lock = end.status === 0 ? await readFile(locked, 'utf8') : '';
  return { end, lock: keepAskedHashes(lock, input.requirements) };
}

function failureOf(end: ProgramEnd, timeoutMs: number): AppError {
  if (end.timedOut) {
    return new AppError(
      'deployment.packages_unreachable',
      `The versions of the packages were not settled within ${Math.round(timeoutMs / 1000)} s. Pin more of them, or check how fast the package index answers.`,
    );
  }
  const { code, detail } = classifyToolFailure(end.output);
  return new AppError(code, detail);
}

function silenced(user: ToolUser): ToolUser {
  return { signal: user.signal, onLine: () => undefined };
}

function nameOf(line: string): string {
  return normalName(/^[A-Za-z0-9][\w.-]*/.exec(line)?.[0] ?? line);
}
