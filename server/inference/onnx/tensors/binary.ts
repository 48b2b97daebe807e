import { isUtf8 } from 'node:buffer';
import { InputError } from '../protocol/input-error.ts';
import { DATATYPES, type NumericArray } from './datatypes.ts';
import { mismatch } from './decode-json.ts';
import { elementCount, type Tensor, type TensorSignature } from './tensor.ts';

/**
 * Raw tensors of the Open Inference Protocol's binary extension: row-major, little-endian; a BYTES element is its length as four bytes
 * and its content; a BOOL is one byte. Unlike JSON this carries NaN and infinities.
 * https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_binary_data.html
 */
export function decodeBinary(signature: TensorSignature, dims: readonly number[], bytes: Buffer): Tensor {
  const { datatype } = signature;
  const { kind, bytes: elementBytes, view } = DATATYPES[datatype];
  const count = elementCount(dims);
  if (kind === 'text') return { datatype, dims, data: decodeTexts(signature, count, bytes) };
  if (bytes.length !== count * elementBytes) {
    throw mismatch(signature, `${count * elementBytes} bytes for ${count} ${datatype} values, got ${bytes.length}`);
  }
  if (kind === 'boolean' && bytes.some((byte) => byte > 1)) {
    throw mismatch(signature, 'BOOL bytes 0 or 1, got another');
  }
  // A copy: the bytes lie anywhere in the body, typed arrays only where their element size allows.
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return { datatype, dims, data: view(copy) };
}

/** @returns the tensor's raw form */
export function encodeBinary(tensor: Tensor): Buffer {
  if (Array.isArray(tensor.data)) return encodeTexts(tensor.data);
  const { buffer, byteOffset, byteLength } = tensor.data as NumericArray;
  return Buffer.from(buffer, byteOffset, byteLength);
}

function decodeTexts(signature: TensorSignature, count: number, bytes: Buffer): string[] {
  const texts: string[] = [];
  let position = 0;
  while (position + 4 <= bytes.length && texts.length < count) {
    const end = position + 4 + bytes.readUInt32LE(position);
    if (end > bytes.length) throw mismatch(signature, 'BYTES elements that end inside their data, got a longer one');
    const content = bytes.subarray(position + 4, end);
    if (!isUtf8(content)) throw new InputError(`Input "${signature.name}" expects text, got bytes that are not UTF-8.`);
    if (content.includes(0)) throw new InputError(`Input "${signature.name}" expects text without NUL characters.`);
    texts.push(content.toString('utf8'));
    position = end;
  }
  if (texts.length !== count || position !== bytes.length) {
    throw mismatch(signature, `${count} BYTES elements, got ${texts.length} and ${bytes.length - position} bytes more`);
  }
  return texts;
}

function encodeTexts(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const content = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(content.length);
      return [length, content];
    }),
  );
}
