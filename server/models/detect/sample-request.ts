import type { TensorSpec } from '#lib/contracts/model.ts';

/** A sample is for people to read and edit; a picture of 224 × 224 × 3 numbers is not. */
const MAX_SAMPLE_ELEMENTS = 4096;

/** Names under which a model's folder may bring its own sample. */
export const SAMPLE_FILE_NAMES = ['sample-request.json', 'sample_request.json', 'input_example.json'] as const;

/** What the bodies of `/score` are recognised by. */
const SCORE_KEYS = ['input_data', 'inputs', 'instances', 'dataframe_split', 'dataframe_records'];

/**
 * A body for `/score` made from a signature: one row, dynamic axes of size 1. Null when it would be too long to read. Pure.
 */
export function makeSampleRequest(inputs: readonly TensorSpec[]): unknown | null {
  const elements = inputs.reduce((sum, input) => sum + elementCount(input), 0);
  if (inputs.length === 0 || elements > MAX_SAMPLE_ELEMENTS) return null;
  const [only] = inputs;
  if (inputs.length === 1 && only !== undefined) return { input_data: sampleTensor(only) };
  return { input_data: Object.fromEntries(inputs.map((input) => [input.name, sampleTensor(input)])) };
}

/**
 * A sample that came with the model as a body for `/score`: as it is when it is one, else wrapped, since MLflow's `input_example.json`
 * holds the bare input. Pure.
 */
export function toScoreBody(sample: unknown): unknown {
  const isBody = typeof sample === 'object' && sample !== null && SCORE_KEYS.some((key) => Object.hasOwn(sample, key));
  return isBody ? sample : { input_data: sample };
}

function elementCount(input: TensorSpec): number {
  return input.shape.reduce<number>((product, axis) => product * (typeof axis === 'number' ? axis : 1), 1);
}

function sampleTensor(input: TensorSpec): unknown {
  const value = sampleValue(input.datatype);
  return input.shape.reduceRight<unknown>(
    (inner, axis) => Array.from({ length: typeof axis === 'number' ? axis : 1 }, () => inner),
    value,
  );
}

function sampleValue(datatype: string): unknown {
  if (datatype === 'BYTES') return 'text';
  if (datatype === 'BOOL') return true;
  return datatype.startsWith('FP') || datatype.startsWith('BF') ? 0.5 : 1;
}
