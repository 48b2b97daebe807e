import type { CodeFile } from './script-source.ts';

export interface DroppedFile {
  path: string;
  file: Blob;
}

/** Files of one folder that is a scoring script with what belongs to it. */
export interface DroppedScript<File extends DroppedFile> {
  code: CodeFile[];
  /** Path among `code`. */
  scoringScript: string;
  /** Texts of the files that name its packages. */
  conda: string | null;
  pip: string | null;
  /** Files that go with the model and not with the code. */
  model: File[];
}

/** A form is kept in the browser's session, and that holds a few million characters. */
export const MAX_CODE_BYTES = 1024 * 1024;

const TEXT_FILES = /\.(?:py|pyi|txt|md|rst|toml|cfg|ini|ya?ml|json|csv|tsv|sql|jinja2?|j2|html)$/i;
/** Files that say of their folder that it is a model. */
const MODEL_DESCRIPTIONS = /(?:^|\/)(?:MLmodel|config\.pbtxt)$/;
const CONDA_FILE = /^(?:conda(?:[_-]?env)?\w*|environment|env)\.ya?ml$/i;
const PIP_FILE = /^requirements[\w-]*\.txt$/i;
const AUTOML_SCRIPT = /^scoring_file(?!_pbi)\w*\.py$/;

/** Whether dropped files are a model that is served without code, as far as their names tell. Pure. */
export function looksLikeModel(paths: readonly string[]): boolean {
  return paths.some((path) => !isHidden(path) && (MODEL_DESCRIPTIONS.test(path) || /\.onnx$/i.test(path)));
}

/**
 * Takes a dropped folder apart: its text is the code, of which a conda or requirements file says the packages; what is no text, and folders that
 * describe themselves as models, are the model. Null where no file defines `init` and `run`.
 * @throws Error with words for people when there is more code than a form holds
 */
export async function sortDroppedFiles<File extends DroppedFile>(
  files: readonly File[],
): Promise<DroppedScript<File> | null> {
  const shown = withoutTop(files.filter(({ path }) => !isHidden(path)));
  const modelFolders = shown.flatMap(({ path }) => (MODEL_DESCRIPTIONS.test(path) ? [folderOf(path)] : []));
  const isCode = ({ path }: DroppedFile): boolean =>
    TEXT_FILES.test(path) && !modelFolders.some((folder) => folder !== '' && path.startsWith(folder));
  const code = await readTexts(shown.filter(isCode));
  const scoringScript = chooseScript(code);
  if (scoringScript === null) return null;
  const textOf = (name: RegExp): string | null => code.find(({ path }) => name.test(baseName(path)))?.text ?? null;
  return {
    code,
    scoringScript,
    conda: textOf(CONDA_FILE),
    pip: textOf(PIP_FILE),
    model: shown.filter((file) => !isCode(file)),
  };
}

/** The files without the one folder that they all lie in. */
function withoutTop<File extends DroppedFile>(files: readonly File[]): File[] {
  const tops = new Set(files.map(({ path }) => path.slice(0, path.indexOf('/') + 1)));
  const [top = ''] = tops;
  return tops.size === 1 ? files.map((file) => ({ ...file, path: file.path.slice(top.length) })) : [...files];
}

async function readTexts(files: readonly DroppedFile[]): Promise<CodeFile[]> {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (total > MAX_CODE_BYTES) {
    throw new Error(
      'There is more than 1 MiB of text. Put data into the model’s folder, and packages into the requirements.',
    );
  }
  const code = await Promise.all(files.map(async ({ path, file }) => ({ path, text: await file.text() })));
  return code.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The script that a deployment would name: AutoML's, else `score.py`, else the one nearest to the top that defines what is asked for. */
function chooseScript(code: readonly CodeFile[]): string | null {
  const python = code.filter(({ path }) => path.endsWith('.py'));
  const automl = python.find(({ path }) => AUTOML_SCRIPT.test(baseName(path)));
  if (automl) return automl.path;
  const scoring = python.filter(({ text, path }) => definesScoring(text) || baseName(path) === 'score.py');
  const rank = (path: string): number => path.split('/').length * 2 + (baseName(path) === 'score.py' ? 0 : 1);
  return scoring.toSorted((a, b) => rank(a.path) - rank(b.path))[0]?.path ?? null;
}

/** Found in the text; nothing is run. */
function definesScoring(text: string): boolean {
  return ['init', 'run'].every((name) => new RegExp(`^(?:async[ \\t]+)?def[ \\t]+${name}[ \\t]*\\(`, 'm').test(text));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX' || part === '__pycache__');
}
