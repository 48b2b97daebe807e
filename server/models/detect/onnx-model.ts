import { datatypeOf } from './onnx-types.ts';
import { readFields, toSigned, toText, WIRE_BYTES, WIRE_VARINT, WireFormatError } from './protobuf-wire.ts';

/** One axis: its size, the name of a symbolic axis, or null for an unnamed dynamic one. */
export type Axis = number | string | null;

export type OnnxType =
  /** `shape` is null where the model does not even declare the number of axes. */
  | { kind: 'tensor'; datatype: string; shape: Axis[] | null }
  | { kind: 'sequence'; element: OnnxType }
  | { kind: 'map'; keyDatatype: string; value: OnnxType }
  | { kind: 'unsupported'; name: string };

export interface OnnxValue {
  name: string;
  type: OnnxType;
}

export interface OnnxNode {
  opType: string;
  domain: string;
  inputs: string[];
  outputs: string[];
}

export interface OnnxModel {
  irVersion: number;
  /** Version of the default operator set, 0 where the model imports none. */
  opset: number;
  /** Every imported operator set; the default one is `ai.onnx`. */
  opsets: Record<string, number>;
  producer: string;
  metadata: Record<string, string>;
  /** What a caller gives: graph inputs without those that an initializer fills. */
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  /** Nodes of the top graph in file order. */
  nodes: OnnxNode[];
  /** Files that hold weights, relative to the model file, without repeats. */
  externalFiles: string[];
}

/** The bytes are no ONNX model. The message says why. */
export class OnnxFormatError extends Error {
  override readonly name = 'OnnxFormatError';
}

/**
 * Describes a model from its bytes or from its skeleton. Pure.
 * @throws OnnxFormatError when the bytes are no ModelProto with a graph
 */
export function parseOnnxModel(bytes: Uint8Array): OnnxModel {
  try {
    return parseModelProto(bytes);
  } catch (cause) {
    if (cause instanceof WireFormatError) throw new OnnxFormatError(`not an ONNX file: ${cause.message}`, { cause });
    throw cause;
  }
}

function parseModelProto(bytes: Uint8Array): OnnxModel {
  const model: OnnxModel = {
    irVersion: 0,
    opset: 0,
    opsets: {},
    producer: '',
    metadata: {},
    inputs: [],
    outputs: [],
    nodes: [],
    externalFiles: [],
  };
  const producer = { name: '', version: '' };
  let graph: Uint8Array | null = null;
  for (const field of readFields(bytes)) {
    if (field.number === 1 && field.wireType === WIRE_VARINT) model.irVersion = toSigned(field.value);
    else if (field.wireType !== WIRE_BYTES) continue;
    else if (field.number === 2) producer.name = toText(field.bytes);
    else if (field.number === 3) producer.version = toText(field.bytes);
    else if (field.number === 7) graph = field.bytes;
    else if (field.number === 8) addOpset(model, field.bytes);
    else if (field.number === 14) addMetadata(model, field.bytes);
  }
  if (graph === null || model.irVersion < 1) throw new OnnxFormatError('not an ONNX file: it holds no graph');
  model.producer = [producer.name, producer.version].filter((part) => part !== '').join(' ');
  model.opset = model.opsets['ai.onnx'] ?? 0;
  addGraph(model, graph);
  return model;
}

function addOpset(model: OnnxModel, bytes: Uint8Array): void {
  let domain = '';
  let version = 0;
  for (const field of readFields(bytes)) {
    if (field.number === 1) domain = toText(field.bytes);
    else if (field.number === 2) version = toSigned(field.value);
  }
  model.opsets[domain === '' ? 'ai.onnx' : domain] = version;
}

function addMetadata(model: OnnxModel, bytes: Uint8Array): void {
  const { key, value } = parseEntry(bytes);
  Object.defineProperty(model.metadata, key, { value, enumerable: true, configurable: true, writable: true });
}

function parseEntry(bytes: Uint8Array): { key: string; value: string } {
  const entry = { key: '', value: '' };
  for (const field of readFields(bytes)) {
    if (field.number === 1) entry.key = toText(field.bytes);
    else if (field.number === 2) entry.value = toText(field.bytes);
  }
  return entry;
}

function addGraph(model: OnnxModel, graph: Uint8Array): void {
  const initialized = new Set<string>();
  const external = new Set<string>();
  const inputs: OnnxValue[] = [];
  for (const field of readFields(graph)) {
    if (field.wireType !== WIRE_BYTES) continue;
    if (field.number === 1) {
      model.nodes.push(parseNode(field.bytes));
      collectNodeFiles(field.bytes, external);
    } else if (field.number === 5) initialized.add(collectTensorFiles(field.bytes, external));
    else if (field.number === 15) initialized.add(sparseTensorName(field.bytes, external));
    else if (field.number === 11) inputs.push(parseValue(field.bytes));
    else if (field.number === 12) model.outputs.push(parseValue(field.bytes));
  }
  model.inputs = inputs.filter((input) => !initialized.has(input.name));
  model.externalFiles = [...external];
}

/** NodeProto, without its attributes. */
export function parseNode(bytes: Uint8Array): OnnxNode {
  const node: OnnxNode = { opType: '', domain: '', inputs: [], outputs: [] };
  for (const field of readFields(bytes)) {
    if (field.number === 1) node.inputs.push(toText(field.bytes));
    else if (field.number === 2) node.outputs.push(toText(field.bytes));
    else if (field.number === 4) node.opType = toText(field.bytes);
    else if (field.number === 7) node.domain = toText(field.bytes);
  }
  return node;
}

/** ValueInfoProto. */
export function parseValue(bytes: Uint8Array): OnnxValue {
  const value: OnnxValue = { name: '', type: { kind: 'unsupported', name: 'undeclared' } };
  for (const field of readFields(bytes)) {
    if (field.number === 1) value.name = toText(field.bytes);
    else if (field.number === 2) value.type = parseType(field.bytes);
  }
  return value;
}

/** TypeProto, a oneof: tensor 1, sequence 4, map 5, sparse tensor 8, optional 9. */
function parseType(bytes: Uint8Array): OnnxType {
  let type: OnnxType = { kind: 'unsupported', name: 'undeclared' };
  for (const field of readFields(bytes)) {
    if (field.number === 1) type = parseTensorType(field.bytes);
    else if (field.number === 4) type = { kind: 'sequence', element: parseElementType(field.bytes) };
    else if (field.number === 5) type = parseMapType(field.bytes);
    else if (field.number === 8) type = { kind: 'unsupported', name: 'sparse tensor' };
    else if (field.number === 9) type = { kind: 'unsupported', name: 'optional' };
  }
  return type;
}

function parseElementType(bytes: Uint8Array): OnnxType {
  for (const field of readFields(bytes)) if (field.number === 1) return parseType(field.bytes);
  return { kind: 'unsupported', name: 'undeclared' };
}

function parseMapType(bytes: Uint8Array): OnnxType {
  let keyDatatype = 'BYTES';
  let value: OnnxType = { kind: 'unsupported', name: 'undeclared' };
  for (const field of readFields(bytes)) {
    if (field.number === 1) keyDatatype = datatypeOf(toSigned(field.value));
    else if (field.number === 2) value = parseType(field.bytes);
  }
  return { kind: 'map', keyDatatype, value };
}

function parseTensorType(bytes: Uint8Array): OnnxType {
  let datatype = datatypeOf(0);
  let shape: Axis[] | null = null;
  for (const field of readFields(bytes)) {
    if (field.number === 1) datatype = datatypeOf(toSigned(field.value));
    else if (field.number === 2)
      shape = [...readFields(field.bytes)].filter((axis) => axis.number === 1).map((axis) => parseAxis(axis.bytes));
  }
  return { kind: 'tensor', datatype, shape };
}

/** Dimension: a size (negative ones, which old exporters write, mean dynamic), a name, or neither. */
function parseAxis(bytes: Uint8Array): Axis {
  for (const field of readFields(bytes)) {
    if (field.number === 1) {
      const size = toSigned(field.value);
      return size < 0 ? null : size;
    }
    if (field.number === 2) {
      const name = toText(field.bytes);
      return name === '' ? null : name;
    }
  }
  return null;
}

/** Weights may lie outside the file in initializers and in attributes of nodes, also in subgraphs of control flow. */
function collectNodeFiles(node: Uint8Array, files: Set<string>): void {
  for (const field of readFields(node)) {
    if (field.number !== 5 || field.wireType !== WIRE_BYTES) continue;
    for (const part of readFields(field.bytes)) {
      if (part.wireType !== WIRE_BYTES) continue;
      if (part.number === 5 || part.number === 10) collectTensorFiles(part.bytes, files);
      else if (part.number === 6 || part.number === 11) collectSubgraphFiles(part.bytes, files);
    }
  }
}

function collectSubgraphFiles(graph: Uint8Array, files: Set<string>): void {
  for (const field of readFields(graph)) {
    if (field.wireType !== WIRE_BYTES) continue;
    if (field.number === 1) collectNodeFiles(field.bytes, files);
    else if (field.number === 5) collectTensorFiles(field.bytes, files);
  }
}

/** Adds the file of a TensorProto that lies outside; returns the tensor's name. */
function collectTensorFiles(tensor: Uint8Array, files: Set<string>): string {
  let name = '';
  let isExternal = false;
  let location = '';
  for (const field of readFields(tensor)) {
    if (field.number === 8) name = toText(field.bytes);
    else if (field.number === 14) isExternal = field.value === 1n;
    else if (field.number === 13) {
      const entry = parseEntry(field.bytes);
      if (entry.key === 'location') location = entry.value;
    }
  }
  if (isExternal && location !== '') files.add(location);
  return name;
}

function sparseTensorName(sparse: Uint8Array, files: Set<string>): string {
  for (const field of readFields(sparse)) if (field.number === 1) return collectTensorFiles(field.bytes, files);
  return '';
}
