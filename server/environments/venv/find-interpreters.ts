import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { parsePythonVersion, type PythonVersion } from '../python-requirements/python-version.ts';
import type { ProgramEnd } from '../run-program.ts';

/** Older ones have no wheels of what our model server needs. */
const OLDEST_MINOR = 9;

export interface Interpreter {
  path: string;
  version: PythonVersion;
}

/** Runs a program and says how it ended; null when it cannot be started at all. */
export type RunProbe = (program: string, args: readonly string[]) => Promise<ProgramEnd | null>;

const PROBE = `import json, platform, struct, sys, sysconfig
print(json.dumps({
    "version": platform.python_version(),
    "path": getattr(sys, "_base_executable", "") or sys.executable,
    "implementation": platform.python_implementation(),
    "bits": struct.calcsize("P") * 8,
    "freeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "final": sys.version_info.releaselevel == "final",
}))`;

const answerSchema = z.object({
  version: z.string(),
  path: z.string().min(1),
  implementation: z.literal('CPython'),
  bits: z.literal(64),
  freeThreaded: z.literal(false),
  final: z.literal(true),
});

/**
 * The Pythons of this host, in the order of the search path. Every candidate is run: a name says little (pyenv's shims exist for versions that
 * are not installed, `python3.12` may be a wrapper), and the answer names the real program behind shims and virtual environments.
 * @param folders where to look, best first
 */
export async function findInterpreters(folders: readonly string[], run: RunProbe): Promise<Interpreter[]> {
  const searched = await Promise.all(folders.map(expandFolder));
  const candidates = await distinct((await Promise.all(searched.flat().map(listCandidates))).flat());
  const answers = await Promise.all(candidates.map((candidate) => probe(candidate, run)));
  const found = new Map<string, Interpreter>();
  for (const interpreter of answers) {
    if (interpreter === null) continue;
    const real = await realpath(interpreter.path).catch(() => interpreter.path);
    if (!found.has(real)) found.set(real, interpreter);
  }
  return [...found.values()];
}

/** pyenv puts all its programs behind shims; the versions themselves lie beside them. */
async function expandFolder(folder: string): Promise<string[]> {
  if (basename(folder) !== 'shims') return [folder];
  const versions = join(dirname(folder), 'versions');
  const names = await readdir(versions).catch(() => []);
  return [folder, ...names.toSorted().map((name) => join(versions, name, 'bin'))];
}

async function listCandidates(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /^python3?(?:\.\d+)?$/.test(name))
    .toSorted((a, b) => order(a) - order(b))
    .map((name) => join(folder, name));
}

/** `python3` first: it is what the host's owner means by Python. */
function order(name: string): number {
  return name === 'python3' ? 0 : name === 'python' ? 2 : 1;
}

async function distinct(paths: readonly string[]): Promise<string[]> {
  const byTarget = new Map<string, string>();
  for (const path of paths) {
    const target = await realpath(path).catch(() => path);
    if (!byTarget.has(target)) byTarget.set(target, path);
  }
  return [...byTarget.values()];
}

async function probe(program: string, run: RunProbe): Promise<Interpreter | null> {
  const end = await run(program, ['-I', '-c', PROBE]);
  if (end === null || end.status !== 0) return null;
  const answer = answerSchema.safeParse(parseJson(end.stdout));
  const version = answer.success ? parsePythonVersion(answer.data.version) : null;
  if (!answer.success || version === null) return null;
  return version[0] === 3 && version[1] >= OLDEST_MINOR ? { path: answer.data.path, version } : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not what a Python prints: it is none.
    return null;
  }
}
