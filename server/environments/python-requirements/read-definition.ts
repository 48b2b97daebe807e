import type { EnvironmentDefinition } from '#server/domain/environment-build.ts';
import { join, parseCondaFile, readCondaSpec } from './parse-conda-file.ts';
import { parsePythonEnv } from './parse-python-env.ts';
import { parseRequirementsFile } from './parse-requirements-file.ts';
import { NO_REQUIREMENTS, type PythonRequirements } from './python-requirements.ts';

/**
 * All packages of a definition, whichever files they stand in. Pure.
 * @throws AppError `request.invalid` naming the line
 */
export function readDefinition(
  definition: Pick<EnvironmentDefinition, 'condaFile' | 'pipRequirements' | 'pythonVersion'>,
): PythonRequirements {
  const { condaFile, pipRequirements, pythonVersion } = definition;
  const joined = join([
    condaFile === null ? NO_REQUIREMENTS : parseCondaFile(condaFile, { file: 'conda_file' }),
    pipRequirements === null ? NO_REQUIREMENTS : parseRequirementsFile(pipRequirements, { file: 'pip_requirements' }),
  ]);
  return {
    pythonVersion: pythonVersion ?? joined.pythonVersion,
    requirements: [...new Set(joined.requirements)],
    unmapped: joined.unmapped,
    notes: [...new Set(joined.notes)],
  };
}

/** Texts of the files beside an `MLmodel`; null for one that is not there. */
export interface MlflowFiles {
  pythonEnv: string | null;
  requirements: string | null;
  conda: string | null;
}

/**
 * The packages of an MLflow model. MLflow writes them up to three times; `python_env.yaml` with the requirements is what it builds virtual
 * environments from itself, so it comes before `conda.yaml`. Packages that only `conda.yaml` lists still count. Pure.
 * @throws AppError `request.invalid` naming the line
 */
export function readMlflowFiles({ pythonEnv, requirements, conda }: MlflowFiles): PythonRequirements {
  const beside = new Map(requirements === null ? [] : [['requirements.txt', requirements]]);
  const fromConda = conda === null ? NO_REQUIREMENTS : parseCondaFile(conda, { file: 'conda.yaml', beside });
  if (pythonEnv === null && requirements === null) return fromConda;
  const listed =
    pythonEnv === null
      ? parseRequirementsFile(requirements ?? '', { file: 'requirements.txt' })
      : parsePythonEnv(pythonEnv, { file: 'python_env.yaml', beside });
  return {
    ...listed,
    pythonVersion: listed.pythonVersion ?? fromConda.pythonVersion,
    unmapped: fromConda.unmapped,
  };
}

/** What stands in for packages that were listed the way conda writes them. Pure. @throws AppError `request.invalid` */
export function readCondaPackages(specs: readonly string[]): PythonRequirements {
  return join(specs.map((spec, index) => readCondaSpec(spec, { file: 'conda packages', line: index + 1 })));
}
