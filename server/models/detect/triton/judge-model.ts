import type { TensorSpec, TritonModel } from '#lib/contracts/model.ts';
import { makeSampleRequest } from '../sample-request.ts';
import { clientShape, graphShape, servedVersions, type TritonConfig, type TritonTensor } from './model-config.ts';
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
  /** Files of class names that `config.pbtxt` names and that are not there. */
  missingLabels: readonly string[];
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
export const ENSEMBLE_BACKEND = 'ensemble';

/** The backend that a model asks for, or that its files are of; empty where neither says. Pure. */
export function backendOf(found: FoundModel, config: TritonConfig | null): string {
  if (config?.ensemble) return ENSEMBLE_BACKEND;
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
  const inputs = config !== null && config.inputs.length > 0 ? specsOf(config, 'inputs') : (graph?.inputs ?? []);
  return {
    name: found.name,
    config: found.config,
    backend,
    max_batch_size: config?.maxBatchSize ?? 0,
    versions: [...found.versions.keys()].toSorted((a, b) => a - b),
    served_versions: served,
    inputs,
    outputs: config !== null && config.outputs.length > 0 ? specsOf(config, 'outputs') : (graph?.outputs ?? []),
    dynamic_batching: config?.dynamicBatching != null,
    instance_count: config?.instanceGroups.reduce((sum, { count }) => sum + count, 0) || 1,
    ensemble_steps: config?.ensemble?.map(({ model }) => model) ?? [],
    servable_without_triton: fault === null,
    reason: fault ?? 'An ONNX model, which is served with or without Triton.',
    sample_request: sampleOf(inputs),
  };
}

function specsOf(config: TritonConfig, side: 'inputs' | 'outputs'): TensorSpec[] {
  return config[side].map((tensor) => ({
    name: tensor.name,
    datatype: tensor.datatype,
    shape: clientShape(tensor, config.maxBatchSize),
  }));
}

function faultOf(findings: ModelFindings, backend: string, served: number[]): string | null {
  const { found, config, configFault, missingLabels } = findings;
  if (configFault !== null) return `Its config.pbtxt ${configFault}.`;
  if (config !== null && config.name !== '' && config.name !== found.name) {
    return `Its config.pbtxt calls it "${config.name}", but its folder is "${found.name}".`;
  }
  const [asked] = config?.onlyTriton ?? [];
  if (asked !== undefined) return `It ${asked}, which only Triton does.`;
  const [labels] = missingLabels;
  if (labels !== undefined) return `Its label_filename "${labels}" is not in its folder.`;
  if (backend === ENSEMBLE_BACKEND) {
    return config?.ensemble ? null : 'Its config.pbtxt calls it an ensemble and has no "ensemble_scheduling".';
  }
  if (served.length === 0) return missingVersion(findings);
  if (backend === ONNX_BACKEND) return onnxFaultOf(findings, served);
  if (backend === '') return 'Nothing tells its backend: its config.pbtxt names none, and its files are of none.';
  return `It is ${BACKEND_WORDS[backend] ?? `of the backend "${backend}"`}, which only Triton serves.`;
}

function missingVersion({ found, config }: ModelFindings): string {
  const versions = [...found.versions.keys()];
  if (versions.length === 0 || config === null) {
    return 'It has no version: a folder named by a number, for example 1, with the model in it.';
  }
  return `Its version_policy serves none of the versions that it has: ${versions.join(', ')}.`;
}

function onnxFaultOf({ config, onnx }: ModelFindings, served: readonly number[]): string | null {
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
    for (const tensor of config[side]) {
      const fault = tensorMismatch(config, tensor, graph[side], side === 'inputs' ? 'input' : 'output');
      if (fault !== null) return fault;
    }
    const fixed = config[side].length === 0 ? graph[side].find(({ shape }) => typeof shape[0] === 'number') : undefined;
    if (config.maxBatchSize > 0 && fixed !== undefined) return fixedBatchFault(config, fixed, side);
  }
  const missing = graph.inputs.find(({ name }) => !config.inputs.some((tensor) => tensor.name === name));
  if (config.inputs.length > 0 && missing !== undefined) {
    return `config.pbtxt does not name the input "${missing.name}", which the graph needs.`;
  }
  return null;
}

function tensorMismatch(
  { maxBatchSize }: TritonConfig,
  tensor: TritonTensor,
  inGraph: readonly TensorSpec[],
  noun: string,
): string | null {
  const own = inGraph.find(({ name }) => name === tensor.name);
  if (own === undefined) return `config.pbtxt names the ${noun} "${tensor.name}", which the graph does not have.`;
  if (own.datatype !== tensor.datatype) {
    return `config.pbtxt says that the ${noun} "${tensor.name}" is ${tensor.datatype}, and the graph says ${own.datatype}.`;
  }
  // A graph may leave its shape open, which is the same as none at all in what is kept of it.
  if (own.shape.length === 0) return null;
  const wanted = graphShape(tensor, maxBatchSize);
  if (maxBatchSize > 0 && typeof own.shape[0] === 'number') return fixedBatchFault({ maxBatchSize }, own, `${noun}s`);
  if (fits(wanted, own.shape)) return null;
  const batch = maxBatchSize > 0 ? ', with the axis that max_batch_size puts before "dims"' : '';
  return `config.pbtxt gives the ${noun} "${tensor.name}" the shape ${sayShape(wanted)}${batch}, and the graph has ${sayShape(own.shape)}.`;
}

function fixedBatchFault(
  { maxBatchSize }: Pick<TritonConfig, 'maxBatchSize'>,
  { name, shape }: TensorSpec,
  side: string,
): string {
  return `config.pbtxt has max_batch_size ${maxBatchSize}, and the first axis of the ${side.slice(0, -1)} "${name}" is fixed at ${shape[0]} in the graph.`;
}

/** An axis of any length in the graph takes any; a fixed one only itself. */
function fits(wanted: TensorSpec['shape'], own: TensorSpec['shape']): boolean {
  return wanted.length === own.length && own.every((axis, index) => typeof axis !== 'number' || axis === wanted[index]);
}

export function sayShape(shape: TensorSpec['shape']): string {
  return `[${shape.map((axis) => axis ?? '?').join(', ')}]`;
}

/** A body for `/v2/models/<model>/infer`, one row; null where it would be too long to read. Pure. */
function sampleOf(inputs: readonly TensorSpec[]): unknown | null {
  const samples = inputs.map((input) => {
    const body = makeSampleRequest([input]) as { input_data: unknown } | null;
    const shape = input.shape.map((axis) => (typeof axis === 'number' ? axis : 1));
    return body && { name: input.name, shape, datatype: input.datatype, data: [body.input_data].flat(Infinity) };
  });
  return samples.length === 0 || samples.includes(null) ? null : { inputs: samples };
}
