import { DATATYPES, halfView, type NumericArray } from './datatypes.ts';
import { elementCount, type Tensor, type TensorData } from './tensor.ts';

/**
 * Writes numbers as JSON. Integers are exact whatever their size. JSON has no NaN and no infinities: they are written as the strings
 * "NaN", "Infinity" and "-Infinity", as Protocol Buffers' JSON mapping does, so that nothing is lost and every parser reads the answer.
 */
export function formatNested(tensor: Tensor): string {
  const values = listFormatter(tensor);
  if (tensor.dims.length === 0) return values(0, 1).slice(1, -1);
  return formatLevel(tensor.dims, 0, 0, elementCount(tensor.dims), values);
}

/** All elements as one JSON list in row-major order. */
export function formatFlat(tensor: Tensor): string {
  return listFormatter(tensor)(0, elementCount(tensor.dims));
}

/** Formats the elements `[start, end)` as a JSON list. */
export type ListFormatter = (start: number, end: number) => string;

export function listFormatter(tensor: Tensor): ListFormatter {
  const { data } = tensor;
  switch (DATATYPES[tensor.datatype].kind) {
    case 'text':
      return (start, end) => JSON.stringify((data as string[]).slice(start, end));
    case 'boolean':
      return (start, end) => join(start, end, (index) => (data[index] === 0 ? 'false' : 'true'));
    case 'half':
      return floatFormatter(halfView(data as NumericArray));
    case 'float':
      return floatFormatter(data as Float32Array);
    default:
      return (start, end) => join(start, end, (index) => String((data as Exclude<TensorData, string[]>)[index]));
  }
}

function floatFormatter(data: Float32Array | Float64Array | Float16Array): ListFormatter {
  return (start, end) =>
    join(start, end, (index) => {
      const value = data[index] as number;
      return Number.isFinite(value) ? String(value) : `"${value}"`;
    });
}

function join(start: number, end: number, format: (index: number) => string): string {
  if (start >= end) return '[]';
  let text = `[${format(start)}`;
  for (let index = start + 1; index < end; index += 1) text += `,${format(index)}`;
  return `${text}]`;
}

function formatLevel(
  dims: readonly number[],
  depth: number,
  start: number,
  length: number,
  values: ListFormatter,
): string {
  if (depth === dims.length - 1) return values(start, start + length);
  const count = dims[depth] as number;
  const step = count === 0 ? 0 : length / count;
  let text = '[';
  for (let index = 0; index < count; index += 1) {
    if (index > 0) text += ',';
    text += formatLevel(dims, depth + 1, start + index * step, step, values);
  }
  return `${text}]`;
}
