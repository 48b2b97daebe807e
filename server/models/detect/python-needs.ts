import { z } from 'zod';
import type { PythonNeeds } from '#lib/contracts/model.ts';
import { parsePlainYaml } from './plain-yaml.ts';

export const NO_NEEDS: PythonNeeds = { version: null, requirements: [], conda_packages: [], files: [] };

/** What `conda.yaml` lists that is the interpreter or its installer, and no package of the model. */
const CONDA_TOOLS = new Set(['python', 'pip', 'setuptools', 'wheel']);

const condaSchema = z.object({
  dependencies: z.array(z.union([z.string(), z.object({ pip: z.array(z.string()) })])).optional(),
});

const pythonEnvSchema = z.object({
  python: z.string().optional(),
  dependencies: z.array(z.string()).optional(),
});

/** Lines of a requirements file without comments, continued lines joined. Options such as `--extra-index-url` stay. Pure. */
export function parseRequirements(text: string): string[] {
  return text
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Reads a conda environment file. Pure. @throws DescriptionError */
export function parseCondaFile(text: string): Omit<PythonNeeds, 'files'> {
  const parsed = condaSchema.safeParse(parsePlainYaml(text));
  const dependencies = parsed.success ? (parsed.data.dependencies ?? []) : [];
  const conda = dependencies.filter((dependency) => typeof dependency === 'string');
  return {
    version: conda.map(pythonVersionOf).find((version) => version !== null) ?? null,
    requirements: dependencies.flatMap((dependency) => (typeof dependency === 'string' ? [] : dependency.pip)),
    conda_packages: conda.filter((dependency) => !CONDA_TOOLS.has(condaName(dependency))),
  };
}

/** Reads the `python_env.yaml` that MLflow writes for virtual environments. Pure. @throws DescriptionError */
export function parsePythonEnv(text: string): Omit<PythonNeeds, 'files' | 'conda_packages'> {
  const parsed = pythonEnvSchema.safeParse(parsePlainYaml(text));
  if (!parsed.success) return { version: null, requirements: [] };
  return { version: parsed.data.python ?? null, requirements: parsed.data.dependencies ?? [] };
}

/** `python=3.11.7`, `python==3.11`, `python>=3.9,<3.12`: the version where it is one, else null. */
function pythonVersionOf(dependency: string): string | null {
  return /^python\s*={1,2}\s*(\d+(?:\.\d+){0,2})/.exec(dependency)?.[1] ?? null;
}

/** `conda-forge::libgomp=13.2` is about `libgomp`. */
function condaName(dependency: string): string {
  return /^(?:[^:]+::)?([\w.-]+)/.exec(dependency.trim())?.[1]?.toLowerCase() ?? '';
}

/** Version that the requirements pin a package to, or null. Names are compared as pip does: case, `-`, `_` and `.` are one. Pure. */
export function pinnedVersion(requirements: readonly string[], name: string): string | null {
  const wanted = normalName(name);
  for (const line of requirements) {
    const match = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*={2,3}\s*([^\s;,]+)/.exec(line);
    if (match !== null && normalName(match[1]!) === wanted) return match[2]!;
  }
  return null;
}

function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
