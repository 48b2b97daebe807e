import type { ScoringHints } from '#lib/contracts/model.ts';
import { DescriptionError, readBoundedText } from './bounded-text.ts';

/** A script at the top of a folder or one level below. */
const SCRIPT_DEPTH = 1;
const MAX_SCRIPT_BYTES = 512 * 1024;
/** A folder with more Python files than this at its top is a package, and reading all of them would hold up whoever waits. */
const MAX_SCRIPTS = 40;

/** What AutoML names its output; the script for Power BI beside it takes another form of input. */
const AUTOML_SCRIPT = /^scoring_file(?!_pbi)\w*\.py$/;
const CONDA_FILE = /^(?:conda(?:[_-]?env)?\w*|environment|env)\.ya?ml$/i;

/**
 * Whether a script defines what a scoring script must: `init` and `run` at its top level. Found in the text; nothing is run. Names that are
 * imported count, since a script may get them from a package of its own. Pure.
 */
export function definesScoring(text: string): boolean {
  return ['init', 'run'].every((name) => definitionOf(name).test(text) || importOf(name).test(text));
}

const definitionOf = (name: string): RegExp =>
  new RegExp(`^(?:async[ \\t]+)?def[ \\t]+${name}[ \\t]*\\(|^${name}[ \\t]*[:=]`, 'm');
const importOf = (name: string): RegExp => new RegExp(`^from[ \\t]+\\S+[ \\t]+import\\b[^\\n#]*\\b${name}\\b`, 'm');

/**
 * The scoring script of a folder with the files beside it, or null.
 * @param paths every file of the folder, relative, with `/`
 * @throws only what the file system throws
 */
export async function findScoringHints(folder: string, paths: readonly string[]): Promise<ScoringHints | null> {
  const scripts = paths.filter((path) => path.endsWith('.py') && isShallow(path) && !isHidden(path));
  const automl = scripts.find((path) => AUTOML_SCRIPT.test(baseName(path)));
  if (automl !== undefined) return hintsOf('automl', automl, paths);
  for (const script of scripts.toSorted(byPromise).slice(0, MAX_SCRIPTS)) {
    if (definesScoring(await readScript(folder, script))) return hintsOf('script', script, paths);
  }
  return null;
}

function hintsOf(kind: ScoringHints['kind'], script: string, paths: readonly string[]): ScoringHints {
  const base = script.slice(0, script.lastIndexOf('/') + 1);
  // Beside the script first, then at the top; a folder below it may hold another project.
  const near = [base, ''].flatMap((prefix) =>
    paths.filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/')),
  );
  const find = (matches: (name: string) => boolean): string | null =>
    near.find((path) => matches(baseName(path))) ?? null;
  return {
    kind,
    entry_script: script,
    conda_file: find((name) => CONDA_FILE.test(name)),
    requirements_file:
      find((name) => name === 'requirements.txt') ?? find((name) => /^requirements[\w-]*\.txt$/.test(name)),
    model_file: kind === 'automl' ? find((name) => name === 'model.pkl' || name === 'model.pt') : null,
  };
}

/** `score.py` is what everybody calls it; then other names with the word, then whatever is nearest to the top. */
function byPromise(a: string, b: string): number {
  const rank = (path: string): number => {
    const name = baseName(path);
    if (name === 'score.py') return 0;
    return /scor|infer|serve|main/i.test(name) ? 1 : 2;
  };
  return depthOf(a) - depthOf(b) || rank(a) - rank(b) || (a < b ? -1 : 1);
}

async function readScript(folder: string, path: string): Promise<string> {
  try {
    return await readBoundedText(folder, path, MAX_SCRIPT_BYTES);
  } catch (cause) {
    if (!(cause instanceof DescriptionError)) throw cause;
    return '';
  }
}

function isShallow(path: string): boolean {
  return depthOf(path) <= SCRIPT_DEPTH;
}

function depthOf(path: string): number {
  return path.split('/').length - 1;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}
