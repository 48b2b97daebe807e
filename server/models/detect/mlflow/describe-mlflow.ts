import type { DetectedModel, MlflowFacts, PythonNeeds } from '#lib/contracts/model.ts';
import { DescriptionError } from '../bounded-text.ts';
import { NO_NEEDS } from '../python-needs.ts';
import { mainFlavor, PYFUNC } from './flavors.ts';
import type { MlmodelFile } from './mlmodel.ts';
import { type EnvironmentTexts, pythonOfMlflow, sayPythonNeeds } from './python-of-mlflow.ts';
import { sampleOfSignature } from './score-sample.ts';
import { parseSignatureFields, parseSignatureParameters, type SignatureField } from './signature.ts';

export interface MlflowFolder {
  /** Path of `MLmodel`. */
  entry: string;
  /** Every file of the model's folder, relative to where `MLmodel` lies. */
  paths: readonly string[];
  environment: EnvironmentTexts;
  /** A body for `/score` from the example that came with the model, or null. */
  sample: unknown | null;
  warnings: readonly string[];
}

/** Ends of files that are run, not read, when a model is loaded. */
const RUNS_CODE = /\.(?:pkl|pickle|joblib|dill|cloudpickle|pt|pth|py)$/i;

/** What is shown of an MLflow model, from its description alone: nothing of it is loaded. Pure. */
export function describeMlflow(mlmodel: MlmodelFile, folder: MlflowFolder): DetectedModel {
  const warnings = [...folder.warnings];
  const signature = attempt(warnings, 'MLmodel', () => readSignature(mlmodel));
  const python = attempt(warnings, 'The environment', () => pythonOfMlflow(mlmodel, folder.environment)) ?? NO_NEEDS;
  const mlflow = mlflowFacts(mlmodel, folder.paths, signature);
  const fault = unservableReason(mlflow);
  if (signature === null) {
    warnings.push(
      'The model has no signature, so the columns and types of a request are not checked before it predicts.',
    );
  }
  if (python.files.length === 0) {
    warnings.push('The model does not say which packages it needs. The versions that it was saved with are assumed.');
  }
  return {
    format: 'mlflow',
    servable: fault === null,
    reason: fault ?? `Needs ${sayPythonNeeds(python, mlflow.flavor)}.`,
    entry: folder.entry,
    inputs: signature?.inputs.map(({ spec }) => spec) ?? [],
    outputs: signature?.outputs.map(({ spec }) => spec) ?? [],
    sample_request: folder.sample ?? (signature === null ? null : sampleOfSignature(signature.inputs)),
    onnx: null,
    mlflow,
    python: prefixed(python, folder.entry),
    warnings,
  };
}

function unservableReason({ flavors }: MlflowFacts): string | null {
  if (flavors.includes(PYFUNC)) return null;
  const names = flavors.join(', ') || 'no flavour';
  return `The model has no python_function flavour (it has ${names}), and that is the one that is served. Save it with MLflow again, or bring a scoring script.`;
}

interface Signature {
  inputs: SignatureField[];
  outputs: SignatureField[];
  params: ReturnType<typeof parseSignatureParameters>;
}

function readSignature({ signature }: MlmodelFile): Signature | null {
  if (signature === null) return null;
  const { inputs, outputs, params } = signature;
  if (inputs === null && outputs === null && params === null) return null;
  return {
    inputs: inputs === null ? [] : parseSignatureFields(inputs, 'input'),
    outputs: outputs === null ? [] : parseSignatureFields(outputs, 'output'),
    params: params === null ? [] : parseSignatureParameters(params),
  };
}

function mlflowFacts(mlmodel: MlmodelFile, paths: readonly string[], signature: Signature | null): MlflowFacts {
  const names = Object.keys(mlmodel.flavors).toSorted();
  return {
    flavors: [...names.filter((name) => name !== PYFUNC), ...names.filter((name) => name === PYFUNC)],
    flavor: mainFlavor(names),
    loader_module: textOf(mlmodel.flavors[PYFUNC]?.['loader_module']),
    mlflow_version: mlmodel.mlflowVersion,
    model_uuid: mlmodel.modelUuid,
    run_id: mlmodel.runId,
    utc_time_created: mlmodel.utcTimeCreated,
    model_size_bytes: mlmodel.modelSizeBytes,
    signature: signature && {
      inputs: signature.inputs.map(({ shown }) => shown),
      outputs: signature.outputs.map(({ shown }) => shown),
      params: signature.params,
    },
    metrics: mlmodel.metrics,
    runs_code_from: paths.filter((path) => RUNS_CODE.test(path)).toSorted(),
  };
}

/** A part that cannot be read is a warning: the rest of the description is still worth showing. */
function attempt<Value>(warnings: string[], subject: string, read: () => Value): Value | null {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DescriptionError)) throw cause;
    warnings.push(`${subject} ${cause.message}.`);
    return null;
  }
}

function prefixed(python: PythonNeeds, entry: string): PythonNeeds {
  const base = entry.slice(0, entry.lastIndexOf('/') + 1);
  return { ...python, files: python.files.map((path) => base + path) };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
