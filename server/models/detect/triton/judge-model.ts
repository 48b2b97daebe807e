import type { TensorSpec, TritonModel } from '#lib/contracts/model.ts';
import { clientShape, servedVersions, type TritonConfig } from './model-config.ts';
import { backendOfFile, type FoundModel } from './find-models.ts';

/** What is known of the ONNX file of one version: its tensors, or why it cannot be served. */
export type OnnxFinding = { inputs: TensorSpec[]; outputs: TensorSpec[] } | { fault: string };

export interface ModelFindings {
  found: FoundModel;
  /** Null where Triton would complete it. */
  config: TritonConfig | null;
  /** Why its `config.pbtxt` cannot be read, or null. */
  configFault: string | null;
  /** Of each version that the policy serves, for a model on the onnxruntime backend. */
  onnx: ReadonlyMap<number, OnnxFinding>;
}

/** Backends by the names that `platform` had before there was `backend`. */
const BACKEND_OF_PLATFORM: Readonly<Record<string, string>> = {
  onnxruntime_onnx: 'onnxruntime',
  tensorrt_plan: 'tensorrt',
  pytorch_libtorch: 'pytorch',
  tensorflow_savedmodel: 'tensorflow',
  tensorflow_graphdef: 'tensorflow',
  ensemble: 'ensemble',
};

const BACKEND_WORDS: Readonly<Record<string, string>> = {
  tensorrt: 'a TensorRT engine',
  pytorch: 'a TorchScript model',
  tensorflow: 'a TensorFlow model',
  python: 'a model of Triton’s Python backend',
  openvino: 'an OpenVINO model',
};

export const ONNX_BACKEND = 'onnxruntime';

/** The backend that a model asks for, or that its files are of; empty where neither says. Pure. */
export function backendOf(found: FoundModel, config: TritonConfig | null): string {
  if (config?.ensemble) return 'ensemble';
  const named = config === null ? '' : config.backend || (BACKEND_OF_PLATFORM[config.platform] ?? config.platform);
  return named || backendOfFile([...found.versions.values()].flat());
}

/** Versions that are served of those that there are. Pure. */
export function versionsServed(found: FoundModel, config: TritonConfig | null): number[] {
  return servedVersions(config?.versionPolicy ?? { latest: 1 }, [...found.versions.keys()]);
}

/** A model of a repository as it is shown, and whether it can be served where there is no Triton. Ensembles are judged later. Pure. */
export function judgeModel(findings: ModelFindings): TritonModel {
  const { found, config } = findings;
  const backend = backendOf(found, config);
  const served = versionsServed(found, config);
  const newest = findings.onnx.get(served.at(-1) ?? 0);
  const graph = newest !== undefined && 'inputs' in newest ? newest : null;
  const fault = faultOf(findings, backend, served);
  return {
    name: found.name,
    config: found.config,
    backend,
    max_batch_size: config?.maxBatchSize ?? 0,
    versions: [...found.versions.keys()].toSorted((a, b) => a - b),
    served_versions: served,
    inputs: config !== null && config.inputs.length > 0 ? specsOf(config, 'inputs') : (graph?.inputs ?? []),
    outputs: config !== null && config.outputs.length > 0 ? specsOf(config, 'outputs') : (graph?.outputs ?? []),
    dynamic_batching: config?.dynamicBatching != null,
    instance_count: config?.instanceGroups.reduce((sum, { count }) => sum + count, 0) || 1,
    ensemble_steps: config?.ensemble?.map(({ model }) => model) ?? [],
    servable_without_triton: fault === null,
    reason: fault ?? 'An ONNX model, which is served with or without Triton.',
  };
}

function specsOf(config: TritonConfig, side: 'inputs' | 'outputs'): TensorSpec[] {
  return config[side].map((tensor) => ({
    name: tensor.name,
    datatype: tensor.datatype,
    shape: clientShape(tensor, config.maxBatchSize),
  }));
}

function faultOf(
  { found, config, configFault, onnx }: ModelFindings,
  backend: string,
  served: number[],
): string | null {
  if (configFault !== null) return `Its config.pbtxt ${configFault}.`;
  if (config !== null && config.name !== '' && config.name !== found.name) {
    return `Its config.pbtxt calls it "${config.name}", but its folder is "${found.name}".`;
  }
  if (backend === 'ensemble') return null;
  if (served.length === 0) return 'It has no version that is served: a folder named by a number, with the model in it.';
  if (backend !== ONNX_BACKEND)
    return `It is ${BACKEND_WORDS[backend] ?? `of the backend "${backend}"`}, which only Triton serves.`;
  if (config?.hasSequenceBatching === true)
    return 'It keeps the requests of a sequence together, which only Triton does.';
  for (const version of served) {
    const finding = onnx.get(version);
    if (finding === undefined) return `Version ${version} has no ONNX file.`;
    if ('fault' in finding) return `Version ${version}: ${finding.fault}`;
    const mismatch = config === null ? null : mismatchOf(config, finding);
    if (mismatch !== null) return `Version ${version}: ${mismatch}`;
  }
  return null;
}

/** Where a description and its graph disagree, Triton refuses the model when it loads it. */
function mismatchOf(config: TritonConfig, graph: { inputs: TensorSpec[]; outputs: TensorSpec[] }): string | null {
  for (const side of ['inputs', 'outputs'] as const) {
    const noun = side.slice(0, -1);
    for (const tensor of config[side]) {
      const inGraph = graph[side].find(({ name }) => name === tensor.name);
      if (inGraph === undefined)
        return `config.pbtxt names the ${noun} "${tensor.name}", which the graph does not have.`;
      if (inGraph.datatype !== tensor.datatype) {
        return `config.pbtxt says that the ${noun} "${tensor.name}" is ${tensor.datatype}, and the graph says ${inGraph.datatype}.`;
      }
    }
    const missing = graph[side].find(({ name }) => !config[side].some((tensor) => tensor.name === name));
    if (side === 'inputs' && config.inputs.length > 0 && missing !== undefined) {
      return `config.pbtxt does not name the input "${missing.name}", which the graph needs.`;
    }
  }
  return null;
}

/** Ensembles are served when every model that they call is. Pure. */
export function judgeEnsembles(models: readonly TritonModel[]): TritonModel[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  return models.map((model) => {
    if (model.backend !== 'ensemble' || !model.servable_without_triton) return model;
    const fault = ensembleFault(model, byName);
    return fault === null
      ? { ...model, reason: `An ensemble of ${model.ensemble_steps.join(', ')}.` }
      : { ...model, servable_without_triton: false, reason: fault };
  });
}

function ensembleFault(
  { ensemble_steps: steps }: TritonModel,
  byName: ReadonlyMap<string, TritonModel>,
): string | null {
  if (steps.length === 0) return 'The ensemble has no steps.';
  for (const step of steps) {
    const model = byName.get(step);
    if (model === undefined) return `Its step "${step}" is no model of this repository.`;
    if (model.backend === 'ensemble') return `Its step "${step}" is an ensemble itself, which only Triton serves.`;
    if (!model.servable_without_triton) return `Its step "${step}" cannot be served. ${model.reason}`;
  }
  return null;
}
