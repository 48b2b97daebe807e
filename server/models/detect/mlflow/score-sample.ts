import { z } from 'zod';
import type { MlflowField, TensorSpec } from '#lib/contracts/model.ts';
import { makeSampleRequest, toScoreBody } from '../sample-request.ts';

const frameSchema = z.looseObject({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())) });

/** Keys by which MLflow's own server knows the forms of an input. */
const SERVED_FORMS = ['dataframe_split', 'inputs', 'instances', 'dataframe_records'] as const;

/**
 * An example that came with a model as a body for `/score`, where every form of input lies under `input_data`. Takes both files that MLflow
 * writes: the bare example, and the one in the form of its own server. Pure.
 */
export function exampleToScoreBody(example: unknown): unknown {
  if (!isObject(example)) return toScoreBody(example);
  const { params, ...rest } = example;
  const form = SERVED_FORMS.find((key) => Object.hasOwn(rest, key) && Object.keys(rest).length === 1);
  if (form !== undefined) return { input_data: withoutIndex(rest[form]), ...(params === undefined ? {} : { params }) };
  return toScoreBody(withoutIndex(example));
}

/** Row numbers say nothing to a model. */
function withoutIndex(input: unknown): unknown {
  const frame = frameSchema.safeParse(input);
  return frame.success ? { columns: frame.data.columns, data: frame.data.data } : input;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One row that a signature allows, as a body for `/score`; null when there is none or it would be too long to read. Pure. */
export function sampleOfSignature(fields: readonly { shown: MlflowField; spec: TensorSpec }[]): unknown | null {
  if (fields.length === 0 || fields.some(({ spec }) => spec.datatype === 'MAP' || spec.datatype === 'ANY')) return null;
  const tensors = makeSampleRequest(fields.map(({ spec }) => spec));
  const isFrame = fields.every(({ shown }) => shown.shape === null);
  if (tensors === null || !isFrame) return tensors;
  const cells = fields.map(({ shown, spec }) => cellOf(shown, spec));
  const isNamed = fields.every(({ shown }) => shown.name !== '');
  return { input_data: isNamed ? { columns: fields.map(({ shown }) => shown.name), data: [cells] } : [cells] };
}

/** Text of the kinds that JSON has no type of their own for. */
const TEXTS: Readonly<Record<string, string>> = { datetime: '2026-01-01T00:00:00', binary: 'AAAA' };

function cellOf(shown: MlflowField, spec: TensorSpec): unknown {
  const text = TEXTS[shown.type];
  if (text !== undefined) return text;
  const body = makeSampleRequest([{ ...spec, shape: spec.shape.slice(1) }]) as { input_data: unknown };
  return body.input_data;
}
