import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { withFileSource } from './byte-source.ts';
import { chooseEntry } from './choose-entry.ts';
import { describeOnnx } from './describe-onnx.ts';
import { detectMlflow } from './mlflow/detect-mlflow.ts';
import { notServable } from './not-servable.ts';
import { OnnxFormatError } from './onnx-model.ts';
import { readOnnxModel } from './onnx-source.ts';
import { SAMPLE_FILE_NAMES, toScoreBody } from './sample-request.ts';
import { findScoringHints } from './scoring-hints.ts';
import { detectTriton } from './triton/detect-triton.ts';

const MAX_SAMPLE_BYTES = 256 * 1024;
/** A folder with more files than this is a data set, and listing it would hold up whoever waits for the answer. */
const MAX_LISTED_FILES = 10_000;

/**
 * Tells what kind of model lies in a folder and whether it can be served, reading kilobytes even of a model of gigabytes. What cannot be
 * served is an answer with a reason, never an error.
 * @param path the model's folder, or a single model file
 * @throws only what the file system throws
 */
export async function detectModel(path: string): Promise<DetectedModel> {
  const { folder, paths } = await listModelFiles(path);
  const detected = await detectFormat(folder, paths);
  const scoring = await findScoringHints(folder, paths);
  if (scoring === null) return detected;
  return detected.format === 'unknown'
    ? {
        ...detected,
        scoring,
        reason: `Holds the scoring script ${scoring.entry_script}. Deploy it with the low-code way.`,
      }
    : { ...detected, scoring };
}

function detectFormat(folder: string, paths: readonly string[]): Promise<DetectedModel> {
  const entry = chooseEntry(paths);
  switch (entry.format) {
    case 'onnx':
      return detectOnnx(folder, entry.entry, paths);
    case 'mlflow':
      return detectMlflow(folder, entry.entry, paths);
    case 'triton':
      return detectTriton(folder, entry.repository, paths);
    case 'unknown':
      return Promise.resolve(notServable('unknown', null, entry.reason));
  }
}

/** Every file below a folder, relative, with `/`; for a single file, its own name. Links are not followed. */
export async function listModelFiles(path: string): Promise<{ folder: string; paths: string[] }> {
  if ((await stat(path)).isFile()) {
    const slash = path.lastIndexOf('/');
    return { folder: path.slice(0, Math.max(slash, 0)) || '/', paths: [path.slice(slash + 1)] };
  }
  const paths: string[] = [];
  const waiting = [''];
  for (let next = waiting.shift(); next !== undefined && paths.length < MAX_LISTED_FILES; next = waiting.shift()) {
    for (const item of await readdir(join(path, next), { withFileTypes: true })) {
      const relative = next === '' ? item.name : `${next}/${item.name}`;
      if (item.isDirectory()) waiting.push(relative);
      else if (item.isFile()) paths.push(relative);
    }
  }
  return { folder: path, paths };
}

/**
 * The sample that came with a model, as a body for `/score`. `warning` says why a sample that is there cannot be used.
 * @param entry path of the model file inside the folder; a sample beside it wins over one at the top
 */
export async function readSampleFile(
  folder: string,
  entry: string,
  paths: readonly string[],
): Promise<{ sample: unknown | null; warning: string | null }> {
  const base = entry.slice(0, entry.lastIndexOf('/') + 1);
  const candidates = SAMPLE_FILE_NAMES.flatMap((name) => [base + name, name]);
  const file = candidates.find((candidate) => paths.includes(candidate));
  if (file === undefined) return { sample: null, warning: null };
  const path = join(folder, file);
  if ((await stat(path)).size > MAX_SAMPLE_BYTES) return { sample: null, warning: `${file} is too large to show.` };
  try {
    return { sample: toScoreBody(JSON.parse(await readFile(path, 'utf8'))), warning: null };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return { sample: null, warning: `${file} is not valid JSON: ${cause.message}` };
  }
}

async function detectOnnx(folder: string, entry: string, paths: readonly string[]): Promise<DetectedModel> {
  try {
    const model = await withFileSource(join(folder, entry), readOnnxModel);
    const { sample, warning } = await readSampleFile(folder, entry, paths);
    const warnings = warning === null ? [] : [warning];
    return describeOnnx(model, { entry, paths: new Set(paths), sample, warnings });
  } catch (cause) {
    if (!(cause instanceof OnnxFormatError)) throw cause;
    return notServable('onnx', entry, `${entry} is ${cause.message}.`);
  }
}
