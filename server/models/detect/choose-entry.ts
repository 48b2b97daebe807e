import { type FoundRepository, findRepository } from './triton/find-models.ts';

/** What of a model's folder decides how it is served. */
export type ModelEntry =
  | { format: 'onnx' | 'mlflow'; entry: string }
  | { format: 'triton'; repository: FoundRepository }
  | { format: 'unknown'; entry: null; reason: string };

const ENTRY_DEPTH = 1;

/** Served as a plain ONNX file, its description would be passed over in silence; the name that callers use is that of the missing folder. */
const BARE_TRITON_MODEL =
  'config.pbtxt lies at the top, so this is the inside of one model of a Triton repository. Pack the folder around it, named as the model is called: <model>/config.pbtxt and <model>/1/model.onnx.';

/** What people upload that needs a converter or a scoring script, by the end of its name. */
const KNOWN_FORMATS: readonly { suffixes: readonly string[]; name: string }[] = [
  { suffixes: ['.pkl', '.pickle', '.joblib'], name: 'a Python pickle' },
  { suffixes: ['.pt', '.pth', '.bin'], name: 'PyTorch weights' },
  { suffixes: ['.safetensors'], name: 'safetensors weights' },
  { suffixes: ['.gguf'], name: 'a GGUF language model' },
  { suffixes: ['saved_model.pb', '.h5', '.keras', '.tflite'], name: 'a TensorFlow model' },
];

/**
 * Decides from file paths (relative, with `/`) alone. An MLflow or Triton description wins over an `.onnx` file beside it, because it
 * says how the file is meant to be called. Pure.
 */
export function chooseEntry(paths: readonly string[]): ModelEntry {
  const mlmodel = shallowest(paths, ENTRY_DEPTH, (name) => name === 'MLmodel');
  if (mlmodel !== null) return { format: 'mlflow', entry: mlmodel };
  const repository = findRepository(paths);
  if (repository !== null) return { format: 'triton', repository };
  if (paths.includes('config.pbtxt')) return { format: 'unknown', entry: null, reason: BARE_TRITON_MODEL };
  const onnx = chooseOnnxFile(paths);
  if (onnx !== null) return onnx;
  return { format: 'unknown', entry: null, reason: describeUnknown(paths) };
}

/** The one `.onnx` file at the top or one level below; `model.onnx` where there are several. Null where there is none. */
export function chooseOnnxFile(paths: readonly string[]): ModelEntry | null {
  for (let depth = 0; depth <= ENTRY_DEPTH; depth += 1) {
    const found = paths.filter((path) => depthOf(path) === depth && /\.onnx$/i.test(path) && !isHidden(path));
    const entry = found.length === 1 ? found[0] : found.find((path) => baseName(path) === 'model.onnx');
    if (entry !== undefined) return { format: 'onnx', entry };
    if (found.length > 1) {
      const names = found.slice(0, 5).join(', ');
      const reason = `The folder holds ${found.length} .onnx files (${names}). Keep one, or name the one to serve model.onnx.`;
      return { format: 'unknown', entry: null, reason };
    }
  }
  return null;
}

function describeUnknown(paths: readonly string[]): string {
  if (paths.length === 0) return 'The folder is empty.';
  const deep = paths.find((path) => /\.onnx$/i.test(path));
  if (deep !== undefined) {
    return `The .onnx file lies too deep (${deep}). It must be at the top of the folder or one level below.`;
  }
  const known = KNOWN_FORMATS.find(({ suffixes }) => paths.some((path) => suffixes.some((end) => path.endsWith(end))));
  if (known !== undefined) {
    return `The folder holds ${known.name}, which needs a scoring script. Bring one with the low-code way, or save the model with MLflow.`;
  }
  return 'No model was recognised. Without code there are servers for ONNX files, MLflow models and Triton repositories; for anything else, bring a scoring script.';
}

function shallowest(paths: readonly string[], maxDepth: number, matches: (name: string) => boolean): string | null {
  const found = paths.filter((path) => depthOf(path) <= maxDepth && matches(baseName(path)));
  return found.toSorted((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1))[0] ?? null;
}

function depthOf(path: string): number {
  return path.split('/').length - 1;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `.DS_Store` folders and macOS resource forks (`._model.onnx`) come with archives made on a Mac. */
function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}
