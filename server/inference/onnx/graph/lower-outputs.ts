import {
  parseNode,
  parseValue,
  type OnnxModel,
  type OnnxType,
  type OnnxValue,
} from '#server/models/detect/onnx-model.ts';
import { SEQUENCE_OPSET } from '#server/models/detect/describe-onnx.ts';
import { elementTypeOf } from '#server/models/detect/onnx-types.ts';
import {
  encodeNode,
  encodeTensor,
  encodeTensorValue,
  graphAttribute,
  intAttribute,
  tensorAttribute,
} from '#server/models/detect/onnx-writer.ts';
import {
  bytesField,
  concatBytes,
  readFields,
  readVarint,
  toText,
  WIRE_BYTES,
  WIRE_VARINT,
} from '#server/models/detect/protobuf-wire.ts';
import type { OutputView } from '../protocol/score-response.ts';

/**
 * onnxruntime's JavaScript binding gives tensors only ("Non tensor type is temporarily not supported"). So the end of the graph is
 * rewritten before it is loaded:
 * - a ZipMap becomes an Identity of its tensor of scores, and its class labels are kept here;
 * - a sequence of tensors becomes three tensors: all values flattened, all shapes, all ranks.
 * `/score` puts both together again (`OutputView`); `/v2`, which knows tensors only, shows the tensors.
 */

/** An output is of a type that cannot be made of tensors. */
export class UnservableOutputError extends Error {
  override readonly name = 'UnservableOutputError';
}

/** TensorProto.DataType */
const FLOAT = 1;
const INT64 = 7;

export function needsLowering(model: OnnxModel): boolean {
  return model.outputs.some((output) => output.type.kind !== 'tensor');
}

/** How each output is answered where nothing needs to be rewritten. */
export function tensorViews(model: OnnxModel): OutputView[] {
  return model.outputs.map(({ name }) => ({ kind: 'tensor', name }));
}

/**
 * Rewrites a whole model file. Pure.
 * @throws UnservableOutputError naming the output and its type
 */
export function lowerOutputs(file: Uint8Array, model: OnnxModel): { file: Uint8Array; views: OutputView[] } {
  const lowered: Lowered = { replacedNodes: new Map(), addedFields: [], outputs: new Map(), views: [] };
  for (const output of model.outputs) lowerOutput(output, model, file, lowered);
  const parts = [...readFields(file)].map((field) =>
    field.number === 7 && field.wireType === WIRE_BYTES ? bytesField(7, rewriteGraph(field.bytes, lowered)) : field.raw,
  );
  return { file: concatBytes(parts), views: lowered.views };
}

interface Lowered {
  /** New nodes by the name of the output whose producer they replace. */
  replacedNodes: Map<string, Uint8Array>;
  /** Fields to append to the graph: nodes and outputs. */
  addedFields: Uint8Array[];
  /** New ValueInfo by output name; null drops the output. */
  outputs: Map<string, Uint8Array | null>;
  views: OutputView[];
}

function lowerOutput(output: OnnxValue, model: OnnxModel, file: Uint8Array, lowered: Lowered): void {
  const { name, type } = output;
  if (type.kind === 'tensor') {
    lowered.views.push({ kind: 'tensor', name });
    return;
  }
  const producer = model.nodes.findIndex((node) => node.outputs.includes(name));
  const node = model.nodes[producer];
  if (node?.opType === 'ZipMap') {
    const input = node.inputs[0] as string;
    lowered.replacedNodes.set(name, encodeNode('Identity', [input], [name]));
    lowered.outputs.set(name, encodeTensorValue(name, FLOAT, null));
    lowered.views.push({ kind: 'zipmap', name, classes: readClasses(nodeBytes(file, producer)) });
  } else if (type.kind === 'sequence' && type.element.kind === 'tensor') {
    lowerSequence(name, type.element, model, lowered);
  } else {
    throw new UnservableOutputError(`output "${name}" is ${describe(type)}, which cannot be answered`);
  }
}

function lowerSequence(
  name: string,
  element: Extract<OnnxType, { kind: 'tensor' }>,
  model: OnnxModel,
  lowered: Lowered,
): void {
  if (model.opset < SEQUENCE_OPSET) {
    throw new UnservableOutputError(
      `output "${name}" is a sequence, which can be answered from operator set ${SEQUENCE_OPSET} on; the model has ${model.opset}`,
    );
  }
  const elementType = elementTypeOf(element.datatype);
  const view = { values: `${name}/values`, shapes: `${name}/shapes`, ranks: `${name}/ranks` };
  lowered.addedFields.push(
    ...flattenSequence(name, view.values, elementType, flattenBody(view.values, elementType)),
    ...flattenSequence(name, view.shapes, INT64, shapeBody(view.shapes, elementType)),
    ...flattenSequence(name, view.ranks, INT64, rankBody(view.ranks, elementType)),
  );
  lowered.outputs.set(name, null);
  lowered.views.push({ kind: 'sequence', name, ...view });
}

/** Maps the sequence to one-dimensional tensors and joins them; an empty tensor at the end keeps the join defined for no elements. */
function flattenSequence(sequence: string, result: string, resultType: number, body: Uint8Array): Uint8Array[] {
  const mapped = `${result}/mapped`;
  const padded = `${result}/padded`;
  const empty = `${result}/empty`;
  return [
    bytesField(1, encodeNode('SequenceMap', [sequence], [mapped], [graphAttribute('body', body)])),
    bytesField(
      1,
      encodeNode(
        'Constant',
        [],
        [empty],
        [tensorAttribute('value', encodeTensor({ elementType: resultType, dims: [0] }))],
      ),
    ),
    bytesField(1, encodeNode('SequenceInsert', [mapped, empty], [padded])),
    bytesField(1, encodeNode('ConcatFromSequence', [padded], [result], [intAttribute('axis', 0)])),
    bytesField(12, encodeTensorValue(result, resultType, null)),
  ];
}

/** x → Reshape(x, [-1]). Names carry the result's, because a subgraph must not use a name of the graph around it. */
function flattenBody(result: string, elementType: number): Uint8Array {
  const flat = `${result}/flat`;
  return concatBytes([
    bytesField(
      1,
      encodeNode(
        'Constant',
        [],
        [flat],
        [tensorAttribute('value', encodeTensor({ elementType: INT64, dims: [1], integers: [-1] }))],
      ),
    ),
    bytesField(1, encodeNode('Reshape', [`${result}/x`, flat], [`${result}/y`])),
    ...bodyEnds(result, elementType, elementType),
  ]);
}

/** x → Shape(x) */
function shapeBody(result: string, elementType: number): Uint8Array {
  return concatBytes([
    bytesField(1, encodeNode('Shape', [`${result}/x`], [`${result}/y`])),
    ...bodyEnds(result, elementType, INT64),
  ]);
}

/** x → Shape(Shape(x)), which is the number of its axes */
function rankBody(result: string, elementType: number): Uint8Array {
  const shape = `${result}/shape`;
  return concatBytes([
    bytesField(1, encodeNode('Shape', [`${result}/x`], [shape])),
    bytesField(1, encodeNode('Shape', [shape], [`${result}/y`])),
    ...bodyEnds(result, elementType, INT64),
  ]);
}

function bodyEnds(result: string, inputType: number, outputType: number): Uint8Array[] {
  return [
    bytesField(2, `${result}/body`),
    bytesField(11, encodeTensorValue(`${result}/x`, inputType, null)),
    bytesField(12, encodeTensorValue(`${result}/y`, outputType, null)),
  ];
}

function rewriteGraph(graph: Uint8Array, lowered: Lowered): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of readFields(graph)) {
    if (field.number === 1) parts.push(rewriteNode(field.bytes, field.raw, lowered));
    else if (field.number === 12) {
      const replacement = lowered.outputs.get(parseValue(field.bytes).name);
      if (replacement === undefined) parts.push(field.raw);
      else if (replacement !== null) parts.push(bytesField(12, replacement));
    } else parts.push(field.raw);
  }
  return concatBytes([...parts, ...lowered.addedFields]);
}

function rewriteNode(node: Uint8Array, raw: Uint8Array, lowered: Lowered): Uint8Array {
  if (lowered.replacedNodes.size === 0) return raw;
  for (const name of parseNode(node).outputs) {
    const replacement = lowered.replacedNodes.get(name);
    if (replacement !== undefined) return bytesField(1, replacement);
  }
  return raw;
}

function nodeBytes(file: Uint8Array, index: number): Uint8Array {
  const graph = [...readFields(file)].find((field) => field.number === 7);
  const nodes = graph === undefined ? [] : [...readFields(graph.bytes)].filter((field) => field.number === 1);
  return nodes[index]?.bytes ?? new Uint8Array(0);
}

/** ZipMap's `classlabels_strings` or `classlabels_int64s`, as the keys of a JSON object. */
function readClasses(node: Uint8Array): string[] {
  const classes: string[] = [];
  for (const attribute of readFields(node)) {
    if (attribute.number !== 5) continue;
    for (const field of readFields(attribute.bytes)) {
      if (field.number === 9) classes.push(toText(field.bytes));
      else if (field.number === 8) classes.push(...readIntegers(field.wireType, field.value, field.bytes));
    }
  }
  return classes;
}

/** A repeated int64, packed or not. */
function readIntegers(wireType: number, value: bigint, bytes: Uint8Array): string[] {
  if (wireType === WIRE_VARINT) return [String(BigInt.asIntN(64, value))];
  const integers: string[] = [];
  for (let position = 0; position < bytes.length;) {
    const varint = readVarint(bytes, position);
    integers.push(String(BigInt.asIntN(64, varint.value)));
    position = varint.next;
  }
  return integers;
}

function describe(type: OnnxType): string {
  if (type.kind === 'sequence') return `a sequence of ${type.element.kind}s`;
  return type.kind === 'unsupported' ? `of type ${type.name}` : `a ${type.kind}`;
}
