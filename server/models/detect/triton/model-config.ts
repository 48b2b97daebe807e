import { z } from 'zod';
import type { TensorSpec } from '#lib/contracts/model.ts';
import { DescriptionError } from '../bounded-text.ts';
import { parseTextFormat, type TextMessage, type TextValue } from './text-format.ts';

/** A tensor as `config.pbtxt` describes it: without the batch's axis where there is one. */
export interface TritonTensor {
  name: string;
  /** Open Inference Protocol names. */
  datatype: string;
  /** -1 is an axis of any length. */
  dims: readonly number[];
  /** Shape that the model itself takes, where it differs; empty for a single value. */
  reshape: readonly number[] | null;
  optional: boolean;
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
  /** Requests that belong together go to one instance, which only Triton does. */
  hasSequenceBatching: boolean;
  /** `parameters { key value { string_value } }` */
  parameters: Readonly<Record<string, string>>;
}

/**
 * Reads a model's `config.pbtxt`. Pure.
 * @see https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 * @throws DescriptionError
 */
export function parseTritonConfig(text: string): TritonConfig {
  const fields = new Fields(parseTextFormat(text), '');
  const ensemble = fields.message('ensemble_scheduling');
  return {
    name: fields.text('name'),
    platform: fields.text('platform'),
    backend: fields.text('backend'),
    defaultModelFilename: fields.text('default_model_filename'),
    maxBatchSize: fields.number('max_batch_size') ?? 0,
    inputs: fields.messages('input').map(readTensor),
    outputs: fields.messages('output').map(readTensor),
    versionPolicy: readVersionPolicy(fields.message('version_policy')),
    dynamicBatching: readDynamicBatching(fields.message('dynamic_batching')),
    instanceGroups: fields
      .messages('instance_group')
      .map((group) => ({ count: group.number('count') ?? 1, kind: group.word('kind') || 'KIND_AUTO' })),
    ensemble: ensemble && ensemble.messages('step').map(readStep),
    hasSequenceBatching: fields.message('sequence_batching') !== null,
    parameters: Object.fromEntries(
      fields
        .messages('parameters')
        .map((entry) => [entry.text('key'), entry.message('value')?.text('string_value') ?? '']),
    ),
  };
}

/** What a client sends or gets, the batch's axis included. Pure. */
export function clientShape(tensor: TritonTensor, maxBatchSize: number): TensorSpec['shape'] {
  const dims = tensor.dims.map((dim) => (dim < 0 ? null : dim));
  return maxBatchSize > 0 ? [null, ...dims] : dims;
}

/** Versions that a policy serves of those that there are, rising. Pure. */
export function servedVersions(policy: VersionPolicy, versions: readonly number[]): number[] {
  const rising = versions.toSorted((a, b) => a - b);
  if (policy === 'all') return rising;
  if ('specific' in policy) return rising.filter((version) => policy.specific.includes(version));
  return rising.slice(-policy.latest);
}

function readTensor(fields: Fields): TritonTensor {
  const datatype = fields.word('data_type');
  return {
    name: fields.text('name'),
    datatype: datatype === 'TYPE_STRING' ? 'BYTES' : datatype.replace(/^TYPE_/, ''),
    dims: fields.numbers('dims'),
    reshape: fields.message('reshape')?.numbers('shape') ?? null,
    optional: fields.word('optional') === 'true',
  };
}

function readVersionPolicy(policy: Fields | null): VersionPolicy {
  if (policy?.message('all') != null) return 'all';
  const specific = policy?.message('specific');
  if (specific != null) return { specific: specific.numbers('versions') };
  return { latest: Math.max(1, policy?.message('latest')?.number('num_versions') ?? 1) };
}

function readDynamicBatching(batching: Fields | null): TritonConfig['dynamicBatching'] {
  if (batching === null) return null;
  return {
    preferredBatchSizes: batching.numbers('preferred_batch_size'),
    maxQueueDelayMicroseconds: batching.number('max_queue_delay_microseconds') ?? 0,
  };
}

function readStep(step: Fields): EnsembleStep {
  const mapOf = (field: string): Record<string, string> =>
    Object.fromEntries(step.messages(field).map((entry) => [entry.text('key'), entry.text('value')]));
  return {
    model: step.text('model_name'),
    version: step.number('model_version') ?? -1,
    inputs: mapOf('input_map'),
    outputs: mapOf('output_map'),
  };
}

const textSchema = z.string();
const numberSchema = z.number();
const wordSchema = z.object({ word: z.string() }).transform(({ word }) => word);
const messageSchema = z.instanceof<typeof Map<string, TextValue[]>>(Map);

/** A message's fields by the types that its definition gives them; the last value of a field that is not repeated counts. */
class Fields {
  readonly #message: TextMessage;
  readonly #path: string;

  constructor(message: TextMessage, path: string) {
    this.#message = message;
    this.#path = path;
  }

  text(name: string): string {
    return this.#last(name, textSchema, 'text in quotes') ?? '';
  }

  word(name: string): string {
    return this.#last(name, wordSchema, 'a name without quotes') ?? '';
  }

  number(name: string): number | null {
    return this.#last(name, numberSchema, 'a number');
  }

  numbers(name: string): number[] {
    return this.#all(name, numberSchema, 'a number');
  }

  message(name: string): Fields | null {
    return this.messages(name).at(-1) ?? null;
  }

  messages(name: string): Fields[] {
    return this.#all(name, messageSchema, 'a message in braces').map(
      (message) => new Fields(message, `${this.#path}${name}.`),
    );
  }

  #last<Schema extends z.ZodType>(name: string, schema: Schema, what: string): z.infer<Schema> | null {
    return this.#all(name, schema, what).at(-1) ?? null;
  }

  #all<Schema extends z.ZodType>(name: string, schema: Schema, what: string): z.infer<Schema>[] {
    return (this.#message.get(name) ?? []).map((value) => {
      const parsed = schema.safeParse(value);
      if (!parsed.success) throw new DescriptionError(`has in "${this.#path}${name}" something other than ${what}`);
      return parsed.data;
    });
  }
}
