import type { Axis } from './onnx-model.ts';
import { bytesField, concatBytes, varintField } from './protobuf-wire.ts';

/**
 * Writes the messages of ONNX that a rewritten graph needs (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). Every function
 * returns the content of a message; `bytesField` puts it into the message around it.
 */

/** AttributeProto.AttributeType */
const ATTRIBUTE = { FLOAT: 1, INT: 2, STRING: 3, TENSOR: 4, GRAPH: 5, INTS: 7, STRINGS: 8 } as const;

/** NodeProto. The node is named after its outputs, which are unique. */
export function encodeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Uint8Array[] = [],
  domain = '',
): Uint8Array {
  return concatBytes([
    ...inputs.map((name) => bytesField(1, name)),
    ...outputs.map((name) => bytesField(2, name)),
    bytesField(3, `viridian/${outputs.join('+')}`),
    bytesField(4, opType),
    ...attributes.map((attribute) => bytesField(5, attribute)),
    ...(domain === '' ? [] : [bytesField(7, domain)]),
  ]);
}

export function intAttribute(name: string, value: number): Uint8Array {
  return concatBytes([bytesField(1, name), varintField(3, value), varintField(20, ATTRIBUTE.INT)]);
}

export function stringsAttribute(name: string, values: readonly string[]): Uint8Array {
  return concatBytes([
    bytesField(1, name),
    ...values.map((value) => bytesField(9, value)),
    varintField(20, ATTRIBUTE.STRINGS),
  ]);
}

export function intsAttribute(name: string, values: readonly (number | bigint)[]): Uint8Array {
  return concatBytes([
    bytesField(1, name),
    ...values.map((value) => varintField(8, value)),
    varintField(20, ATTRIBUTE.INTS),
  ]);
}

export function tensorAttribute(name: string, tensor: Uint8Array): Uint8Array {
  return concatBytes([bytesField(1, name), bytesField(5, tensor), varintField(20, ATTRIBUTE.TENSOR)]);
}

export function graphAttribute(name: string, graph: Uint8Array): Uint8Array {
  return concatBytes([bytesField(1, name), bytesField(6, graph), varintField(20, ATTRIBUTE.GRAPH)]);
}

export interface TensorContent {
  name?: string;
  elementType: number;
  dims: readonly number[];
  /** Elements of an INT64 tensor. */
  integers?: readonly number[];
  /** Elements as they lie in memory, for every other type. */
  raw?: Uint8Array;
  /** File that holds the elements instead, relative to the model. */
  location?: string;
}

/** TensorProto. */
export function encodeTensor(tensor: TensorContent): Uint8Array {
  const { name, elementType, dims, integers = [], raw, location } = tensor;
  const parts = [...dims.map((dim) => varintField(1, dim)), varintField(2, elementType)];
  parts.push(...integers.map((value) => varintField(7, value)));
  if (name !== undefined) parts.push(bytesField(8, name));
  if (raw !== undefined) parts.push(bytesField(9, raw));
  if (location !== undefined) parts.push(bytesField(13, encodeEntry('location', location)), varintField(14, 1));
  return concatBytes(parts);
}

/** StringStringEntryProto. */
export function encodeEntry(key: string, value: string): Uint8Array {
  return concatBytes([bytesField(1, key), bytesField(2, value)]);
}

/** ValueInfoProto of a tensor; a null shape is left to whoever infers it. */
export function encodeTensorValue(name: string, elementType: number, shape: readonly Axis[] | null): Uint8Array {
  return concatBytes([bytesField(1, name), bytesField(2, encodeTensorType(elementType, shape))]);
}

/** TypeProto of a tensor. */
export function encodeTensorType(elementType: number, shape: readonly Axis[] | null): Uint8Array {
  const parts = [varintField(1, elementType)];
  if (shape !== null)
    parts.push(
      bytesField(
        2,
        shape.map((axis) => bytesField(1, encodeAxis(axis))),
      ),
    );
  return bytesField(1, parts);
}

function encodeAxis(axis: Axis): Uint8Array {
  if (axis === null) return new Uint8Array(0);
  return typeof axis === 'number' ? varintField(1, axis) : bytesField(2, axis);
}
