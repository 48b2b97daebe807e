/**
 * The protocol buffers wire format (https://protobuf.dev/programming-guides/encoding/), as little of it as ONNX needs: walking the fields
 * of a message without a schema, and writing fields. A general library would build objects for every weight of a model.
 */

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/** The bytes are no well-formed message. */
export class WireFormatError extends Error {
  override readonly name = 'WireFormatError';
}

export interface WireField {
  number: number;
  wireType: number;
  /** Value of a varint; 0 for other wire types. */
  value: bigint;
  /** Payload of a length-delimited or fixed field; empty for a varint. */
  bytes: Uint8Array;
  /** The field as it stands in the message, tag included. */
  raw: Uint8Array;
}

export interface Varint {
  value: bigint;
  next: number;
}

const NO_BYTES = new Uint8Array(0);
const MAX_VARINT_BYTES = 10;

/** Reads one varint at `position`. @throws WireFormatError when it is cut off or longer than ten bytes */
export function readVarint(bytes: Uint8Array, position: number): Varint {
  let low = 0;
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = bytes[position + index];
    if (byte === undefined) throw new WireFormatError('the message ends inside a number');
    // Nearly every varint is a tag or a length of at most four bytes; those stay out of BigInt arithmetic.
    if (index < 4) low |= (byte & 0x7f) << (index * 7);
    else value |= BigInt(byte & 0x7f) << BigInt(index * 7);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value | BigInt(low)), next: position + index + 1 };
  }
  throw new WireFormatError('a number is longer than ten bytes');
}

/** Walks the fields of one message. @throws WireFormatError at the first byte that cannot belong to a message */
export function* readFields(message: Uint8Array): Generator<WireField> {
  let position = 0;
  while (position < message.length) {
    const start = position;
    const tag = readVarint(message, position);
    const number = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    if (number === 0) throw new WireFormatError('a field has number 0');
    const payload = payloadExtent(message, tag.next, wireType);
    if (payload.end > message.length) throw new WireFormatError(`field ${number} reaches beyond its message`);
    position = payload.end;
    yield {
      number,
      wireType,
      value: payload.value,
      bytes: wireType === WIRE_VARINT ? NO_BYTES : message.subarray(payload.start, payload.end),
      raw: message.subarray(start, payload.end),
    };
  }
}

/** Where the payload of a field lies, given the position behind its tag. */
export function payloadExtent(
  bytes: Uint8Array,
  position: number,
  wireType: number,
): { start: number; end: number; value: bigint } {
  switch (wireType) {
    case WIRE_VARINT: {
      const varint = readVarint(bytes, position);
      return { start: position, end: varint.next, value: varint.value };
    }
    case WIRE_BYTES: {
      const length = readVarint(bytes, position);
      return { start: length.next, end: length.next + Number(length.value), value: 0n };
    }
    case WIRE_FIXED64:
      return { start: position, end: position + 8, value: 0n };
    case WIRE_FIXED32:
      return { start: position, end: position + 4, value: 0n };
    default:
      throw new WireFormatError(`wire type ${wireType} does not exist`);
  }
}

/** A varint as a signed 64-bit number; ONNX writes dimensions so. Beyond 2^53 the nearest double. */
export function toSigned(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

export function toText(bytes: Uint8Array): string {
  return textDecoder.decode(bytes);
}

export function encodeVarint(value: bigint | number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

export function varintField(number: number, value: bigint | number): Uint8Array {
  return concatBytes([encodeVarint(number * 8 + WIRE_VARINT), encodeVarint(value)]);
}

/** A length-delimited field: text, bytes, or the fields of a nested message. */
export function bytesField(number: number, content: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const payload = toBytes(content);
  return concatBytes([encodeVarint(number * 8 + WIRE_BYTES), encodeVarint(payload.length), payload]);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

function toBytes(content: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  if (typeof content === 'string') return textEncoder.encode(content);
  return content instanceof Uint8Array ? content : concatBytes(content);
}
