import { DATATYPES, type Datatype, type NumericArray } from './datatypes.ts';

/** A tensor's elements in row-major order. */
export type TensorData = NumericArray | string[];

export interface Tensor {
  datatype: Datatype;
  dims: readonly number[];
  data: TensorData;
}

/** Tensors by name, in the order of the signature. */
export type NamedTensors = Map<string, Tensor>;

/** One axis: its size, or a name or null where any size will do. */
export type AxisSpec = number | string | null;

export interface TensorSignature {
  name: string;
  datatype: Datatype;
  /** Null where the model does not declare how many axes there are. */
  shape: readonly AxisSpec[] | null;
}

/** Whether JSON for these tensors must be read without rounding integers beyond 2^53. */
export function needExactIntegers(signatures: readonly TensorSignature[]): boolean {
  return signatures.some(({ datatype }) => datatype === 'INT64' || datatype === 'UINT64');
}

export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const dim of dims) count *= dim;
  return count;
}

/** Elements `[start, end)` without copying numbers. */
export function sliceData(data: TensorData, start: number, end: number): TensorData {
  return Array.isArray(data) ? data.slice(start, end) : (data.subarray(start, end) as NumericArray);
}

/** Joins tensors of equal datatype and equal trailing axes along the first axis. */
export function concatTensors(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as readonly [Tensor];
  let rows = 0;
  for (const tensor of tensors) rows += tensor.dims[0] as number;
  const dims = [rows, ...first.dims.slice(1)];
  if (Array.isArray(first.data)) {
    return { datatype: first.datatype, dims, data: tensors.flatMap((tensor) => tensor.data as string[]) };
  }
  const data = DATATYPES[first.datatype].create(elementCount(dims));
  let position = 0;
  for (const tensor of tensors) {
    // Equal datatypes have equal array types, which the union cannot express.
    (data as Float32Array).set(tensor.data as Float32Array, position);
    position += tensor.data.length;
  }
  return { datatype: first.datatype, dims, data };
}

/** Rows `[start, end)` of a tensor, sharing its numbers. */
export function sliceRows(tensor: Tensor, start: number, end: number): Tensor {
  const rowLength = elementCount(tensor.dims.slice(1));
  return {
    datatype: tensor.datatype,
    dims: [end - start, ...tensor.dims.slice(1)],
    data: sliceData(tensor.data, start * rowLength, end * rowLength),
  };
}

/** `[null, 4]` as people write it: `[?, 4]`. */
export function formatShape(shape: readonly AxisSpec[] | null): string {
  return shape === null ? 'any shape' : `[${shape.map((axis) => axis ?? '?').join(', ')}]`;
}
