import type { TensorSpec } from '#lib/contracts/model.ts';
import { isKnownDatatype } from '../onnx-types.ts';
import { ConfigFields } from './config-fields.ts';
import { parseTextFormat } from './text-format.ts';
import { reshapeFault } from './reshape.ts';

/** A tensor as `config.pbtxt` describes it: without the batch's axis where there is one. */
export interface TritonTensor {
  name: string;
  /** Open Inference Protocol names. */
  datatype: string;
  /** -1 is an axis of any length. */
  dims: readonly number[];
  /** Shape that the model itself takes or gives, where it differs; empty for a single value. */
  reshape: readonly number[] | null;
  /** File of an output's class names in the model's folder, a line each; empty for none. */
  labelFile: string;
}

export interface EnsembleStep {
  model: string;
  /** -1 for the newest. */
  version: number;
  /** Input of the model → tensor of the ensemble. */
  inputs: Readonly<Record<string, string>>;
  /** Output of the model → tensor of the ensemble. */
  outputs: Readonly<Record<string, string>>;
}

export type VersionPolicy = { latest: number } | { specific: readonly number[] } | 'all';

export interface TritonConfig {
  /** Empty where the folder's name is the name. */
  name: string;
  platform: string;
  backend: string;
  /** File inside a version's folder; empty for the backend's usual one. */
  defaultModelFilename: string;
  /** 0 where requests hold no batch. */
  maxBatchSize: number;
  inputs: readonly TritonTensor[];
  outputs: readonly TritonTensor[];
  versionPolicy: VersionPolicy;
  /** Null without `dynamic_batching`. */
  dynamicBatching: { preferredBatchSizes: readonly number[]; maxQueueDelayMicroseconds: number } | null;
  /** Groups of equal instances; empty for one on whatever there is. */
  instanceGroups: readonly { count: number; kind: string }[];
  ensemble: readonly EnsembleStep[] | null;
  /** What it asks for that only Triton does, in words that complete "It …"; empty for nothing. */
  onlyTriton: readonly string[];
  /** `parameters { key value { string_value } }` */
  parameters: Readonly<Record<string, string>>;
}

/**
 * Reads a model's `config.pbtxt`. Pure.
 * @see https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 * @throws DescriptionError naming the field and its line
 */
export function parseTritonConfig(text: string): TritonConfig {
  const fields = new ConfigFields(parseTextFormat(text));
  const ensemble = fields.message('ensemble_scheduling');
  return {
    name: fields.text('name'),
    platform: fields.text('platform'),
    backend: fields.text('backend'),
    defaultModelFilename: readFileName(fields, 'default_model_filename'),
    maxBatchSize: fields.whole('max_batch_size', 0) ?? 0,
    inputs: readTensors(fields, 'input'),
    outputs: readTensors(fields, 'output'),
    versionPolicy: readVersionPolicy(fields.message('version_policy')),
    dynamicBatching: readDynamicBatching(fields.message('dynamic_batching')),
    instanceGroups: fields
      .messages('instance_group')
      .map((group) => ({ count: group.whole('count', 1) ?? 1, kind: group.word('kind') || 'KIND_AUTO' })),
    ensemble: ensemble && ensemble.messages('step').map(readStep),
    onlyTriton: listOnlyTriton(fields),
    parameters: Object.fromEntries(
      fields
        .messages('parameters')
        .map((entry) => [entry.text('key'), entry.message('value')?.text('string_value') ?? '']),
    ),
  };
}

/** What a client sends or gets, the batch's axis included. Pure. */
export function clientShape(tensor: TritonTensor, maxBatchSize: number): TensorSpec['shape'] {
  return shapeOf(tensor.dims, maxBatchSize);
}

/** What the graph itself takes or gives, the batch's axis included. Pure. */
export function graphShape(tensor: TritonTensor, maxBatchSize: number): TensorSpec['shape'] {
  return shapeOf(tensor.reshape ?? tensor.dims, maxBatchSize);
}

function shapeOf(dims: readonly number[], maxBatchSize: number): TensorSpec['shape'] {
  const shape = dims.map((dim) => (dim < 0 ? null : dim));
  return maxBatchSize > 0 ? [null, ...shape] : shape;
}

/** Versions that a policy serves of those that there are, rising. Pure. */
export function servedVersions(policy: VersionPolicy, versions: readonly number[]): number[] {
  const rising = versions.toSorted((a, b) => a - b);
  if (policy === 'all') return rising;
  if ('specific' in policy) return rising.filter((version) => policy.specific.includes(version));
  return rising.slice(-policy.latest);
}

function readTensors(fields: ConfigFields, side: 'input' | 'output'): TritonTensor[] {
  const names = new Set<string>();
  return fields.messages(side).map((tensor) => {
    const name = tensor.text('name');
    if (name === '') tensor.refuse(`has an ${side} without "name"`);
    if (names.has(name)) tensor.refuse(`has the ${side} "${name}" twice`, 'name');
    names.add(name);
    return readTensor(tensor, `the ${side} "${name}"`, name);
  });
}

function readTensor(fields: ConfigFields, what: string, name: string): TritonTensor {
  const word = fields.word('data_type');
  if (word === '') fields.refuse(`has no "data_type" for ${what}`);
  const datatype = word === 'TYPE_STRING' ? 'BYTES' : word.replace(/^TYPE_/, '');
  if (!word.startsWith('TYPE_') || !isKnownDatatype(datatype)) {
    fields.refuse(`has the data_type ${word} for ${what}, which Triton does not know`, 'data_type');
  }
  const dims = fields.numbers('dims');
  if (dims.length === 0) fields.refuse(`has no "dims" for ${what}`);
  if (!dims.every((dim) => dim === -1 || (Number.isSafeInteger(dim) && dim > 0))) {
    fields.refuse(`has in "dims" of ${what} something other than whole numbers above 0 and -1 for any length`, 'dims');
  }
  const reshape = fields.message('reshape')?.numbers('shape') ?? null;
  const fault = reshape === null ? null : reshapeFault(dims, reshape);
  if (fault !== null) fields.refuse(`has for ${what} ${fault}`, 'reshape');
  return { name, datatype, dims, reshape, labelFile: readFileName(fields, 'label_filename') };
}

/** The name of a file, which stays inside the model's folder. */
function readFileName(fields: ConfigFields, field: string): string {
  const name = fields.has(field) ? fields.text(field) : '';
  if (name.startsWith('/') || name.split(/[/\\]/).includes('..')) {
    fields.refuse(`names with "${field}" a file outside of the model's folder`, field);
  }
  return name;
}

function readVersionPolicy(policy: ConfigFields | null): VersionPolicy {
  if (policy?.message('all') != null) return 'all';
  const specific = policy?.message('specific');
  if (specific != null) return { specific: specific.numbers('versions') };
  return { latest: policy?.message('latest')?.whole('num_versions', 1) ?? 1 };
}

function readDynamicBatching(batching: ConfigFields | null): TritonConfig['dynamicBatching'] {
  if (batching === null) return null;
  return {
    preferredBatchSizes: batching.numbers('preferred_batch_size'),
    maxQueueDelayMicroseconds: batching.whole('max_queue_delay_microseconds', 0) ?? 0,
  };
}

function readStep(step: ConfigFields): EnsembleStep {
  const mapOf = (field: string): Record<string, string> =>
    Object.fromEntries(step.messages(field).map((entry) => [entry.text('key'), entry.text('value')]));
  return {
    model: step.text('model_name'),
    version: step.whole('model_version', -1) ?? -1,
    inputs: mapOf('input_map'),
    outputs: mapOf('output_map'),
  };
}

function listOnlyTriton(fields: ConfigFields): string[] {
  const inputs = fields.messages('input');
  const named = (input: ConfigFields | undefined): string => `"${input?.text('name')}"`;
  const optional = inputs.find((input) => input.isTrue('optional'));
  const ragged = inputs.find((input) => input.isTrue('allow_ragged_batch'));
  const found: [boolean, string][] = [
    [fields.has('sequence_batching'), 'keeps the requests of a sequence together (sequence_batching)'],
    [
      fields.has('batch_input') || fields.has('batch_output'),
      'makes tensors of its batches (batch_input, batch_output)',
    ],
    [
      fields.message('model_transaction_policy')?.isTrue('decoupled') === true,
      'answers a request several times (model_transaction_policy)',
    ],
    [optional !== undefined, `lets the input ${named(optional)} be left out (optional)`],
    [ragged !== undefined, `takes rows of different shapes at the input ${named(ragged)} (allow_ragged_batch)`],
  ];
  return found.flatMap(([isAsked, words]) => (isAsked ? [words] : []));
}
