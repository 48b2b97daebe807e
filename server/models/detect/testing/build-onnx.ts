import type { Axis } from '../onnx-model.ts';
import { elementTypeOf } from '../onnx-types.ts';
import {
  encodeEntry,
  encodeNode,
  encodeTensor,
  encodeTensorType,
  encodeTensorValue,
  type TensorContent,
} from '../onnx-writer.ts';
import { bytesField, concatBytes, varintField } from '../protobuf-wire.ts';

export interface ValueDeclaration {
  name: string;
  /** `FP32`, …; `SEQUENCE` of FP32 tensors, `ZIPMAP` for a sequence of maps from text to number. */
  datatype: string;
  shape?: readonly Axis[] | null;
}

export interface ModelDeclaration {
  inputs: readonly ValueDeclaration[];
  outputs: readonly ValueDeclaration[];
  /** Contents of NodeProto; see `encodeNode`. */
  nodes: readonly Uint8Array[];
  initializers?: readonly TensorContent[];
  metadata?: Readonly<Record<string, string>>;
  opset?: number;
  irVersion?: number;
}

/** The bytes of a small model, so that tests say what their model is instead of naming a file. */
export function buildOnnx(declaration: ModelDeclaration): Uint8Array<ArrayBuffer> {
  const { inputs, outputs, nodes, initializers = [], metadata = {}, opset = 17, irVersion = 8 } = declaration;
  const graph = concatBytes([
    ...nodes.map((node) => bytesField(1, node)),
    bytesField(2, 'test'),
    ...initializers.map((tensor) => bytesField(5, encodeTensor(tensor))),
    ...inputs.map((input) => bytesField(11, encodeValue(input))),
    ...outputs.map((output) => bytesField(12, encodeValue(output))),
  ]);
  const model = [
    varintField(1, irVersion),
    bytesField(2, 'viridian tests'),
    bytesField(7, graph),
    bytesField(8, varintField(2, opset)),
    bytesField(8, [bytesField(1, 'ai.onnx.ml'), varintField(2, 3)]),
    ...Object.entries(metadata).map(([key, value]) => bytesField(14, encodeEntry(key, value))),
  ];
  return Uint8Array.from(concatBytes(model));
}

/** A model that gives back its input. */
export function buildIdentity(datatype: string, shape: readonly Axis[] = ['n']): Uint8Array<ArrayBuffer> {
  return buildOnnx({
    inputs: [{ name: 'x', datatype, shape }],
    outputs: [{ name: 'y', datatype, shape }],
    nodes: [encodeNode('Identity', ['x'], ['y'])],
  });
}

/** The bytes of numbers as ONNX keeps them in `raw`. */
export function floatBytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

function encodeValue({ name, datatype, shape = null }: ValueDeclaration): Uint8Array {
  const float = encodeTensorType(elementTypeOf('FP32'), null);
  if (datatype === 'SEQUENCE') return typedValue(name, bytesField(4, bytesField(1, float)));
  if (datatype === 'ZIPMAP') {
    const map = bytesField(5, [varintField(1, elementTypeOf('BYTES')), bytesField(2, float)]);
    return typedValue(name, bytesField(4, bytesField(1, map)));
  }
  return encodeTensorValue(name, elementTypeOf(datatype), shape);
}

function typedValue(name: string, type: Uint8Array): Uint8Array {
  return concatBytes([bytesField(1, name), bytesField(2, type)]);
}
