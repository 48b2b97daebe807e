import type { PythonNeeds } from '#lib/contracts/model.ts';
import { parseCondaFile, parsePythonEnv, parseRequirements, pinnedVersion } from '../python-needs.ts';
import { packagesOf, PYFUNC, savedVersion } from './flavors.ts';
import type { MlmodelFile } from './mlmodel.ts';

/** Texts of the files that a model keeps its environment in; null for one that is not there. */
export interface EnvironmentTexts {
  conda: { path: string; text: string } | null;
  pythonEnv: { path: string; text: string } | null;
  requirements: { path: string; text: string } | null;
}

/** Names of the files that a model says its environment is in, inside its folder. Pure. */
export function environmentPaths({ flavors }: MlmodelFile): Record<keyof EnvironmentTexts, string> {
  const env = flavors[PYFUNC]?.['env'];
  const named = typeof env === 'object' && env !== null ? (env as Record<string, unknown>) : { conda: env };
  const pathOr = (value: unknown, usual: string): string => (typeof value === 'string' && value !== '' ? value : usual);
  return {
    conda: pathOr(named['conda'], 'conda.yaml'),
    pythonEnv: pathOr(named['virtualenv'], 'python_env.yaml'),
    requirements: 'requirements.txt',
  };
}

/**
 * What a model asks of Python. MLflow writes the same packages to up to three files; the requirements file is the one that the others refer
 * to, so it wins. Without any file it is concluded from the versions that the flavours were saved with. Pure.
 * @throws DescriptionError
 */
export function pythonOfMlflow(mlmodel: MlmodelFile, texts: EnvironmentTexts): PythonNeeds {
  const conda = texts.conda && parseCondaFile(texts.conda.text);
  const pythonEnv = texts.pythonEnv && parsePythonEnv(texts.pythonEnv.text);
  const listed =
    (texts.requirements && parseRequirements(texts.requirements.text)) ??
    conda?.requirements ??
    pythonEnv?.requirements.filter((line) => !line.startsWith('-r'));
  const saved = mlmodel.flavors[PYFUNC]?.['python_version'];
  return {
    version: (typeof saved === 'string' ? saved : null) ?? pythonEnv?.version ?? conda?.version ?? null,
    requirements: listed ?? concludeRequirements(mlmodel),
    conda_packages: conda?.conda_packages ?? [],
    files: [texts.conda, texts.pythonEnv, texts.requirements].flatMap((file) => (file === null ? [] : [file.path])),
  };
}

function concludeRequirements({ flavors, mlflowVersion }: MlmodelFile): string[] {
  const packages = Object.entries(flavors).flatMap(([flavor, fields]) => {
    const version = savedVersion(flavor, fields);
    return packagesOf(flavor).map((name, index) => (version !== null && index === 0 ? `${name}==${version}` : name));
  });
  return [mlflowVersion === null ? 'mlflow' : `mlflow==${mlflowVersion}`, ...packages];
}

/** `Python 3.11 with scikit-learn 1.9.1`: what decides whether the model loads at all. Pure. */
export function sayPythonNeeds(needs: PythonNeeds, flavor: string): string {
  const python = needs.version === null ? 'Python' : `Python ${needs.version.split('.').slice(0, 2).join('.')}`;
  const wrapper = pinnedVersion(needs.requirements, 'mlflow-skinny') === null ? 'mlflow' : 'mlflow-skinny';
  const names = packagesOf(flavor).length === 0 ? [wrapper] : packagesOf(flavor);
  const packages = names.map((name) => {
    const version = pinnedVersion(needs.requirements, name);
    return version === null ? name : `${name} ${version}`;
  });
  return `${python} with ${packages.join(' and ')}`;
}
