import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import type { EnvironmentDefinition } from '#server/domain/environment-build.ts';
import { EMPTY_DEFINITION, type StoredDefinition } from '#server/domain/environment.ts';
import { ONNX_REQUIREMENTS } from '#server/domain/resolve-program.ts';
import { readMlflowFiles } from '#server/environments/python-requirements/read-definition.ts';
import { sayOnlyConda } from '#server/environments/venv/check-requirements.ts';
import { type ServeLocalOptions, UsageError } from './parse-arguments.ts';

export interface LocalModel {
  kind: 'scoring' | 'mlflow' | 'onnx';
  /** Absolute. */
  script: string | null;
  /** Absolute. */
  modelDir: string | null;
  /** Packages to build an environment of; null when one that is there has them. */
  needs: Packages | null;
}

export type Packages = Pick<EnvironmentDefinition, 'condaFile' | 'pipRequirements' | 'pythonVersion'>;

const NO_PACKAGES: Packages = packagesOf(EMPTY_DEFINITION);

/**
 * What the options name, as it lies on the disk.
 * @throws UsageError naming what is not there or cannot be served here, with the remedy
 */
export async function findModel(options: ServeLocalOptions): Promise<LocalModel> {
  const script = options.script === null ? null : await existing('--script', options.script, 'file');
  if (script !== null) {
    const modelDir = options.modelDir === null ? null : await existing('--model-dir', options.modelDir, 'folder');
    return { kind: 'scoring', script, modelDir, needs: await readNeeds(options, null) };
  }
  const given = await existing('--model-dir', options.modelDir ?? '.', 'any');
  const { kind, modelDir } = await recognize(given);
  return { kind, script, modelDir, needs: await readNeeds(options, { kind, modelDir }) };
}

async function existing(option: string, path: string, wanted: 'file' | 'folder' | 'any'): Promise<string> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => null);
  if (found === null) throw new UsageError(`There is no ${absolute}. Give ${option} a path that is there.`);
  if (wanted === 'file' && !found.isFile()) {
    throw new UsageError(`${absolute} is a folder. Give ${option} the file in it.`);
  }
  if (wanted === 'folder' && !found.isDirectory()) {
    throw new UsageError(`${absolute} is a file. Give ${option} the folder around it: ${dirname(absolute)}`);
  }
  return absolute;
}

/** An MLflow folder, or the folder around it; an .onnx file, or a folder with one. */
async function recognize(path: string): Promise<{ kind: 'mlflow' | 'onnx'; modelDir: string }> {
  if (extname(path) === '.onnx') return { kind: 'onnx', modelDir: path };
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  for (const folder of [path, ...below]) {
    const names: string[] = await readdir(folder).catch(() => []);
    if (names.includes('MLmodel')) return { kind: 'mlflow', modelDir: folder };
    if (names.some((name) => extname(name) === '.onnx')) return { kind: 'onnx', modelDir: folder };
  }
  throw new UsageError(
    `${path} holds neither an MLmodel nor an .onnx file. Add --script with a scoring script that loads what is there.`,
  );
}

async function readNeeds(
  options: ServeLocalOptions,
  model: { kind: 'mlflow' | 'onnx'; modelDir: string } | null,
): Promise<Packages | null> {
  const { python, conda, requirements } = options;
  if (python !== null) return null;
  if (conda !== null) return { ...NO_PACKAGES, condaFile: await readText('--conda', conda) };
  if (requirements !== null) {
    return { ...NO_PACKAGES, pipRequirements: await readText('--requirements', requirements) };
  }
  if (model === null) return null;
  return model.kind === 'onnx' ? { ...NO_PACKAGES, pipRequirements: ONNX_REQUIREMENTS } : needsOfMlflow(model.modelDir);
}

async function readText(option: string, path: string): Promise<string> {
  return readFile(await existing(option, path, 'file'), 'utf8');
}

async function needsOfMlflow(folder: string): Promise<Packages> {
  const read = (name: string): Promise<string | null> => readFile(join(folder, name), 'utf8').catch(() => null);
  const [pythonEnv, requirements, conda] = await Promise.all(
    ['python_env.yaml', 'requirements.txt', 'conda.yaml'].map(read),
  );
  const needs = readMlflowFiles({
    pythonEnv: pythonEnv ?? null,
    requirements: requirements ?? null,
    conda: conda ?? null,
  });
  if (needs.unmapped.length > 0) throw new UsageError(sayOnlyConda(needs.unmapped));
  if (needs.requirements.length === 0) {
    throw new UsageError(
      `${folder} does not say which packages it needs. Name a Python that has them: --python, or --requirements.`,
    );
  }
  return { ...NO_PACKAGES, pipRequirements: needs.requirements.join('\n'), pythonVersion: needs.pythonVersion };
}

function packagesOf({ condaFile, pipRequirements, pythonVersion }: StoredDefinition): Packages {
  return { condaFile, pipRequirements, pythonVersion };
}
