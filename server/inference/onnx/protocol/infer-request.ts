import { decodeBinary } from '../tensors/binary.ts';
import { checkShape, decodeFlat, mismatch } from '../tensors/decode-json.ts';
import {
  elementCount,
  needExactIntegers,
  type NamedTensors,
  type Tensor,
  type TensorSignature,
} from '../tensors/tensor.ts';
import { clip, InputError, showValue } from './input-error.ts';
import { parseJson } from './parse-json.ts';

export interface OutputRequest {
  name: string;
  binary: boolean;
  /** How many of its highest values are answered as classes instead of the tensor. */
  classes?: number;
}

export interface InferRequest {
  id: string | null;
  inputs: NamedTensors;
  /** What to answer, in this order. */
  outputs: OutputRequest[];
}

type JsonObject = Record<string, unknown>;

/** A tensor of more elements than this cannot be addressed; a product of axes beyond it is a mistake or an attack. */
const MAX_ELEMENTS = 2 ** 31;

/**
 * Reads an inference request of the Open Inference Protocol, JSON alone or JSON followed by binary tensors.
 * @param jsonLength value of Inference-Header-Content-Length, or null where the whole body is JSON
 * @throws InputError naming the tensor, what was expected and what came
 */
export function decodeInferRequest(
  body: Buffer,
  jsonLength: number | null,
  inputs: readonly TensorSignature[],
  outputNames: readonly string[],
): InferRequest {
  if (jsonLength !== null && jsonLength > body.length) {
    throw new InputError(`Inference-Header-Content-Length is ${jsonLength}, but the body has ${body.length} bytes.`);
  }
  const json = jsonLength === null ? body : body.subarray(0, jsonLength);
  const { value, fault } = parseJson(json, needExactIntegers(inputs));
  if (!isObject(value)) throw new InputError(`The body must be a JSON object, got ${showValue(value)}.`);
  const tensors = decodeInputs(value['inputs'], body.subarray(json.length), inputs);
  if (fault !== null) throw new InputError(fault);
  return { id: decodeId(value['id']), inputs: tensors, outputs: decodeOutputs(value, outputNames) };
}

function decodeId(id: unknown): string | null {
  if (id === undefined || id === null) return null;
  if (typeof id !== 'string') throw new InputError(`"id" must be text, got ${showValue(id)}.`);
  return id;
}

function decodeInputs(list: unknown, binary: Buffer, signatures: readonly TensorSignature[]): NamedTensors {
  if (!Array.isArray(list)) throw new InputError(`"inputs" must be a list of tensors, got ${showValue(list)}.`);
  const given = new Map<string, Tensor>();
  let position = 0;
  for (const entry of list) {
    const signature = signatureOf(entry, signatures);
    if (given.has(signature.name)) throw new InputError(`Input "${signature.name}" is given twice.`);
    const dims = decodeDims(signature, entry);
    const size = binarySize(signature, entry);
    if (size === null) given.set(signature.name, decodeFlat(signature, dims, entry['data']));
    else {
      if (position + size > binary.length) {
        throw mismatch(signature, `${size} bytes of binary data, got ${binary.length - position}`);
      }
      given.set(signature.name, decodeBinary(signature, dims, binary.subarray(position, position + size)));
      position += size;
    }
  }
  if (position !== binary.length) {
    throw new InputError(`${binary.length - position} bytes of binary data belong to no input.`);
  }
  return inSignatureOrder(given, signatures);
}

function signatureOf(entry: unknown, signatures: readonly TensorSignature[]): TensorSignature {
  if (!isObject(entry) || typeof entry['name'] !== 'string') {
    throw new InputError(`Each of "inputs" must be an object with a "name", got ${showValue(entry)}.`);
  }
  const { name, datatype } = entry;
  const signature = signatures.find((candidate) => candidate.name === name);
  if (signature === undefined) {
    const names = signatures.map((candidate) => `"${candidate.name}"`).join(', ');
    throw new InputError(`The model has no input "${clip(name)}". Its inputs: ${names}.`);
  }
  if (datatype !== signature.datatype) {
    throw mismatch(signature, `datatype ${signature.datatype}, got ${showValue(datatype)}`);
  }
  return signature;
}

function decodeDims(signature: TensorSignature, entry: JsonObject): number[] {
  const { shape } = entry;
  if (!Array.isArray(shape) || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw mismatch(signature, `"shape" to be a list of whole numbers, got ${JSON.stringify(shape) ?? 'nothing'}`);
  }
  const dims = shape as number[];
  checkShape(signature, dims);
  if (elementCount(dims) > MAX_ELEMENTS)
    throw mismatch(signature, `at most ${MAX_ELEMENTS} values, got ${elementCount(dims)}`);
  return dims;
}

/** Length of the tensor's binary data, or null where its values are in `data`. */
function binarySize(signature: TensorSignature, entry: JsonObject): number | null {
  const { parameters } = entry;
  const size = isObject(parameters) ? parameters['binary_data_size'] : undefined;
  if (size === undefined) return null;
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw mismatch(signature, `"binary_data_size" to be a whole number, got ${showValue(size)}`);
  }
  if (Object.hasOwn(entry, 'data')) throw mismatch(signature, '"data" or "binary_data_size", got both');
  return size as number;
}

function inSignatureOrder(given: ReadonlyMap<string, Tensor>, signatures: readonly TensorSignature[]): NamedTensors {
  const ordered: NamedTensors = new Map();
  for (const signature of signatures) {
    const tensor = given.get(signature.name);
    if (tensor === undefined) throw mismatch(signature, `to be among "inputs", got ${given.size} other inputs`);
    ordered.set(signature.name, tensor);
  }
  return ordered;
}

function decodeOutputs(body: JsonObject, outputNames: readonly string[]): OutputRequest[] {
  const { outputs, parameters } = body;
  const binaryByDefault = isObject(parameters) && parameters['binary_data_output'] === true;
  if (outputs === undefined || outputs === null) return outputNames.map((name) => ({ name, binary: binaryByDefault }));
  if (!Array.isArray(outputs)) throw new InputError(`"outputs" must be a list, got ${showValue(outputs)}.`);
  return outputs.map((entry: unknown) => decodeOutput(entry, outputNames, binaryByDefault));
}

function decodeOutput(entry: unknown, outputNames: readonly string[], binaryByDefault: boolean): OutputRequest {
  const name = isObject(entry) ? entry['name'] : undefined;
  if (!isObject(entry) || typeof name !== 'string' || !outputNames.includes(name)) {
    const names = outputNames.map((output) => `"${output}"`).join(', ');
    throw new InputError(`The model has no output ${showValue(name)}. Its outputs: ${names}.`);
  }
  const { parameters } = entry;
  if (!isObject(parameters)) return { name, binary: binaryByDefault };
  const binary = parameters['binary_data'];
  const classes = decodeClasses(name, parameters['classification']);
  return {
    name,
    binary: typeof binary === 'boolean' ? binary : binaryByDefault,
    ...(classes !== undefined && { classes }),
  };
}

/** Zero is what clients send that want the tensor. */
function decodeClasses(name: string, count: unknown): number | undefined {
  if (count === undefined || count === 0) return undefined;
  if (Number.isSafeInteger(count) && (count as number) > 0) return count as number;
  throw new InputError(`"classification" of output "${name}" must be a number of classes, got ${showValue(count)}.`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
