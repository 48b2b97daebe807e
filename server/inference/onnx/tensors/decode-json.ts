import { InputError, showPath, showValue } from '../protocol/input-error.ts';
import { DATATYPES, halfView, type Datatype, type NumericArray, type ValueKind } from './datatypes.ts';
import { elementCount, formatShape, type Tensor, type TensorData, type TensorSignature } from './tensor.ts';

/** ONNX knows no rank limit; nothing real comes near this, and it bounds the recursion. */
const MAX_RANK = 32;

/**
 * Makes a tensor of nested JSON lists. With `addTrailingAxis`, `[1, 2, 3]` is also taken where the model wants `[?, 1]`, which is what a
 * column of a table is.
 * @throws InputError naming the tensor, what was expected and what came
 */
export function decodeNested(signature: TensorSignature, value: unknown, addTrailingAxis: boolean): Tensor {
  const dims = measure(signature, value);
  const shape = fitShape(signature, dims, addTrailingAxis);
  const data = allocate(signature.datatype, elementCount(dims));
  const fill = startFill(signature, dims, data);
  if (dims.length === 0) writeLeaves(fill, [value]);
  else fillLevel(fill, value, 0);
  return { datatype: signature.datatype, dims: shape, data };
}

/**
 * Makes a tensor of the Open Inference Protocol's JSON `data`: flat in row-major order, or nested as the shape says.
 * @throws InputError naming the tensor, what was expected and what came
 */
export function decodeFlat(signature: TensorSignature, dims: readonly number[], values: unknown): Tensor {
  if (!Array.isArray(values)) throw mismatch(signature, `"data" to be a list, got ${showValue(values)}`);
  if (Array.isArray(values[0])) {
    const tensor = decodeNested(signature, values, false);
    if (tensor.dims.join() === dims.join()) return tensor;
    throw mismatch(signature, `data of shape ${formatShape(dims)}, got ${formatShape(tensor.dims)}`);
  }
  const expected = elementCount(dims);
  if (values.length !== expected) {
    throw mismatch(signature, `${expected} values for shape ${formatShape(dims)}, got ${values.length}`);
  }
  const data = allocate(signature.datatype, expected);
  writeLeaves(startFill(signature, dims, data), values);
  return { datatype: signature.datatype, dims, data };
}

/** Checks a shape that the caller declared or that was measured. @throws InputError naming the tensor and both shapes */
export function checkShape(signature: TensorSignature, dims: readonly number[]): void {
  if (!matchesShape(signature, dims)) {
    throw mismatch(signature, `${describe(signature)}, got shape ${formatShape(dims)}`);
  }
  if (dims.includes(0))
    throw mismatch(signature, `${describe(signature)}, got shape ${formatShape(dims)}, which is empty`);
}

export function mismatch(signature: TensorSignature, expectedAndGot: string): InputError {
  return new InputError(`Input "${signature.name}" expects ${expectedAndGot}.`);
}

function describe(signature: TensorSignature): string {
  return `${signature.datatype} of shape ${formatShape(signature.shape)}`;
}

function matchesShape({ shape }: TensorSignature, dims: readonly number[]): boolean {
  if (shape === null) return true;
  return shape.length === dims.length && shape.every((axis, index) => typeof axis !== 'number' || axis === dims[index]);
}

/** The lengths of the first list at every depth; `fillLevel` holds all the others to them. */
function measure(signature: TensorSignature, value: unknown): number[] {
  const dims: number[] = [];
  for (let node = value; Array.isArray(node); node = node[0]) {
    dims.push(node.length);
    if (dims.length > MAX_RANK)
      throw mismatch(signature, `${describe(signature)}, got lists nested deeper than ${MAX_RANK}`);
  }
  return dims;
}

function fitShape(signature: TensorSignature, dims: number[], addTrailingAxis: boolean): readonly number[] {
  const { shape } = signature;
  const wantsColumn = shape !== null && shape.length === dims.length + 1 && shape.at(-1) === 1 && dims.length > 0;
  const fitted = addTrailingAxis && wantsColumn ? [...dims, 1] : dims;
  checkShape(signature, fitted);
  return fitted;
}

function allocate(datatype: Datatype, length: number): TensorData {
  return datatype === 'BYTES' ? Array.from<string>({ length }) : DATATYPES[datatype].create(length);
}

interface Fill {
  signature: TensorSignature;
  dims: readonly number[];
  data: TensorData;
  write: LeafWriter;
  position: number;
  /** Where in the nested lists the walk stands, for messages. */
  path: number[];
}

function startFill(signature: TensorSignature, dims: readonly number[], data: TensorData): Fill {
  return { signature, dims, data, write: WRITERS[DATATYPES[signature.datatype].kind], position: 0, path: [] };
}

function fillLevel(fill: Fill, node: unknown, depth: number): void {
  const length = fill.dims[depth] as number;
  if (!Array.isArray(node) || node.length !== length) {
    const got = Array.isArray(node) ? `${node.length}` : showValue(node);
    throw mismatch(fill.signature, `lists of ${length} values here, got ${got}${showPath(fill.path)}`);
  }
  if (depth === fill.dims.length - 1) {
    writeLeaves(fill, node);
    return;
  }
  for (let index = 0; index < length; index += 1) {
    fill.path[depth] = index;
    fillLevel(fill, node[index], depth + 1);
  }
  fill.path.length = depth;
}

function writeLeaves(fill: Fill, values: readonly unknown[]): void {
  const bad = fill.write(values, fill.data, fill.position, fill.signature.datatype);
  if (bad >= 0) {
    const where = showPath(fill.dims.length === 0 ? [] : [...fill.path, bad]);
    throw mismatch(fill.signature, `${valueWords(fill.signature.datatype)}, got ${showValue(values[bad])}${where}`);
  }
  fill.position += values.length;
}

/** Writes values from `position` on; returns the index of the first that does not fit, or -1. */
type LeafWriter = (values: readonly unknown[], data: TensorData, position: number, datatype: Datatype) => number;

const WRITERS: Readonly<Record<ValueKind, LeafWriter>> = {
  float: (values, data, position) => writeFloats(values, data as Float32Array, position),
  half: (values, data, position) => writeFloats(values, halfView(data as NumericArray), position),
  integer: writeIntegers,
  long: writeLongs,
  boolean: writeBooleans,
  text: writeTexts,
};

/** A number too large for the type becomes Infinity when stored and is refused; rounding is what floats are for. */
function writeFloats(
  values: readonly unknown[],
  data: Float32Array | Float64Array | Float16Array,
  position: number,
): number {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'number' && typeof value !== 'bigint') return index;
    data[position + index] = Number(value);
    if (!Number.isFinite(data[position + index])) return index;
  }
  return -1;
}

function writeIntegers(values: readonly unknown[], data: TensorData, position: number, datatype: Datatype): number {
  const min = Number(DATATYPES[datatype].min);
  const max = Number(DATATYPES[datatype].max);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) return index;
    (data as Int32Array)[position + index] = value;
  }
  return -1;
}

function writeLongs(values: readonly unknown[], data: TensorData, position: number, datatype: Datatype): number {
  const { min, max } = DATATYPES[datatype];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return index;
    const long = BigInt(value as number | bigint);
    if (long < min || long > max) return index;
    (data as BigInt64Array)[position + index] = long;
  }
  return -1;
}

function writeBooleans(values: readonly unknown[], data: TensorData, position: number): number {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'boolean') return index;
    (data as Uint8Array)[position + index] = value ? 1 : 0;
  }
  return -1;
}

function writeTexts(values: readonly unknown[], data: TensorData, position: number): number {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'string' || !isCarriedText(value)) return index;
    (data as string[])[position + index] = value;
  }
  return -1;
}

/** onnxruntime's binding ends a text at its first NUL and replaces half of a surrogate pair, both without a word. */
function isCarriedText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function valueWords(datatype: Datatype): string {
  const { kind, min, max } = DATATYPES[datatype];
  if (kind === 'text') return 'BYTES values as text without NUL characters and lone surrogates';
  if (kind === 'boolean') return 'BOOL values true or false';
  if (kind === 'float' || kind === 'half') return `finite ${datatype} numbers`;
  return `whole ${datatype} numbers from ${min} to ${max}`;
}
