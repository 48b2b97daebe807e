/** A model of a repository as its file paths tell. */
export interface FoundModel {
  name: string;
  /** Path of its `config.pbtxt` inside the folder, or null. */
  config: string | null;
  /** Its folder, with `/` at the end. */
  base: string;
  /** Files of each version, relative to the version's folder. */
  versions: ReadonlyMap<number, readonly string[]>;
}

export interface FoundRepository {
  /** Path of the repository inside the folder, with `/` at the end; empty for the folder itself. */
  base: string;
  models: FoundModel[];
}

/** The repository may be the folder itself, or the one top folder of an archive. */
const REPOSITORY_DEPTH = 1;

/** Files by which backends know their models, when there is no `config.pbtxt`. */
const MODEL_FILES: Readonly<Record<string, string>> = {
  'model.onnx': 'onnxruntime',
  'model.plan': 'tensorrt',
  'model.pt': 'pytorch',
  'model.savedmodel': 'tensorflow',
  'model.graphdef': 'tensorflow',
  'model.xml': 'openvino',
  'model.py': 'python',
};

/** Backend that serves a file of a version's folder by its name, or empty. Pure. */
export function backendOfFile(files: readonly string[]): string {
  for (const [name, backend] of Object.entries(MODEL_FILES)) {
    if (files.some((file) => file === name || file.startsWith(`${name}/`))) return backend;
  }
  return '';
}

/**
 * The Triton model repository in a folder: `<repository>/<model>/config.pbtxt`, or `<repository>/<model>/<version>/model.onnx` (or another
 * backend's file) for models that leave their description to Triton. Pure.
 * @param paths relative, with `/`
 */
export function findRepository(paths: readonly string[]): FoundRepository | null {
  const bases = paths.flatMap((path) => {
    const base = repositoryOf(path);
    return base === null ? [] : [base];
  });
  const [base] = bases.toSorted((a, b) => a.length - b.length);
  if (base === undefined) return null;
  return { base, models: listModels(base, paths) };
}

/** The repository that a path speaks for, or null. */
function repositoryOf(path: string): string | null {
  const parts = path.split('/');
  if (parts.at(-1) === 'config.pbtxt') return repositoryAbove(parts, 2);
  // A version's folder: the file may be a folder itself, as TensorFlow's are.
  for (const length of [3, 4]) {
    const isVersion = isVersionNumber(parts[length - 2]);
    if (isVersion && backendOfFile([parts.slice(length - 1).join('/')]) !== '')
      return repositoryAbove(parts.slice(0, length), 3);
  }
  return null;
}

function repositoryAbove(parts: readonly string[], levels: number): string | null {
  const above = parts.slice(0, -levels);
  if (parts.length < levels || above.length > REPOSITORY_DEPTH) return null;
  return above.map((part) => `${part}/`).join('');
}

function listModels(base: string, paths: readonly string[]): FoundModel[] {
  const models = new Map<string, { config: string | null; versions: Map<number, string[]> }>();
  for (const path of paths) {
    if (!path.startsWith(base)) continue;
    const [name, second, ...rest] = path.slice(base.length).split('/');
    if (name === undefined || second === undefined || name.startsWith('.')) continue;
    const model = models.get(name) ?? { config: null, versions: new Map<number, string[]>() };
    if (second === 'config.pbtxt' && rest.length === 0) model.config = path;
    else if (isVersionNumber(second) && rest.length > 0) {
      model.versions.set(Number(second), [...(model.versions.get(Number(second)) ?? []), rest.join('/')]);
    } else continue;
    models.set(name, model);
  }
  return [...models]
    .map(([name, { config, versions }]) => ({ name, config, base: `${base}${name}/`, versions }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Triton takes folders whose name is a positive number that does not begin with 0. */
function isVersionNumber(part: string | undefined): boolean {
  return part !== undefined && /^[1-9]\d{0,17}$/.test(part);
}
