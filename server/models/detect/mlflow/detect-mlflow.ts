import { join } from 'node:path';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { DescriptionError, readBoundedText } from '../bounded-text.ts';
import { notServable } from '../not-servable.ts';
import { describeMlflow } from './describe-mlflow.ts';
import { type MlmodelFile, parseMlmodel } from './mlmodel.ts';
import { environmentPaths, type EnvironmentTexts } from './python-of-mlflow.ts';
import { exampleToScoreBody } from './score-sample.ts';

/** An example is for people to read and edit. */
const MAX_EXAMPLE_BYTES = 256 * 1024;

/**
 * Describes the MLflow model behind an `MLmodel` file.
 * @param entry path of `MLmodel` inside the folder
 * @param paths every file of the folder, relative, with `/`
 * @throws only what the file system throws
 */
export async function detectMlflow(folder: string, entry: string, paths: readonly string[]): Promise<DetectedModel> {
  const base = entry.slice(0, entry.lastIndexOf('/') + 1);
  const home = join(folder, base);
  const own = paths.filter((path) => path.startsWith(base)).map((path) => path.slice(base.length));
  try {
    const mlmodel = parseMlmodel(await readBoundedText(folder, entry));
    const { texts, warnings } = await readEnvironment(home, mlmodel, own);
    const example = await readExample(home, mlmodel, own);
    return describeMlflow(mlmodel, {
      entry,
      paths: own,
      environment: texts,
      sample: example.sample,
      warnings: [...warnings, ...example.warnings],
    });
  } catch (cause) {
    if (!(cause instanceof DescriptionError)) throw cause;
    return notServable('mlflow', entry, `${entry} ${cause.message}.`);
  }
}

async function readEnvironment(
  home: string,
  mlmodel: MlmodelFile,
  paths: readonly string[],
): Promise<{ texts: EnvironmentTexts; warnings: string[] }> {
  const named = environmentPaths(mlmodel);
  const warnings: string[] = [];
  const read = async (path: string): Promise<{ path: string; text: string } | null> => {
    // Only names that were listed are opened: a description that names `../../etc/passwd` names nothing.
    if (!paths.includes(path)) return null;
    try {
      return { path, text: await readBoundedText(home, path) };
    } catch (cause) {
      if (!(cause instanceof DescriptionError)) throw cause;
      warnings.push(`${path} ${cause.message}.`);
      return null;
    }
  };
  const texts = {
    conda: await read(named.conda),
    pythonEnv: await read(named.pythonEnv),
    requirements: await read(named.requirements),
  };
  return { texts, warnings };
}

/** The example in the form of MLflow's server where there is one, since its form is not left to guess; else the bare one. */
async function readExample(
  home: string,
  { example }: MlmodelFile,
  paths: readonly string[],
): Promise<{ sample: unknown | null; warnings: string[] }> {
  const named = [example?.servingPath, example?.path, 'serving_input_example.json', 'input_example.json'];
  const path = named.find((candidate) => candidate != null && paths.includes(candidate));
  if (path == null) return { sample: null, warnings: [] };
  try {
    const text = await readBoundedText(home, path, MAX_EXAMPLE_BYTES);
    return { sample: exampleToScoreBody(JSON.parse(text)), warnings: [] };
  } catch (cause) {
    if (cause instanceof DescriptionError) return { sample: null, warnings: [`${path} ${cause.message}.`] };
    if (!(cause instanceof SyntaxError)) throw cause;
    return { sample: null, warnings: [`${path} is not valid JSON: ${cause.message}`] };
  }
}
