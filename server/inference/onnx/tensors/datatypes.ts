/// <reference lib="esnext.float16" />

/** What a tensor's numbers are stored in. FP16 is kept as bits, which is how onnxruntime's binding takes it. */
export type NumericArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

/** How the values of a datatype are read and written as JSON. */
export type ValueKind = 'float' | 'half' | 'integer' | 'long' | 'boolean' | 'text';

export interface DatatypeTraits {
  kind: ValueKind;
  /** The name that onnxruntime's JavaScript API gives the type. */
  ortType: string;
  /** Bytes per element; 0 for text, whose elements carry their own length. */
  bytes: number;
  /** Range of integers, inclusive. */
  min: bigint;
  max: bigint;
  create(length: number): NumericArray;
  /** A view of exactly this buffer. */
  view(buffer: ArrayBuffer): NumericArray;
}

/** Names of the Open Inference Protocol (https://github.com/open-inference/open-inference-protocol) that onnxruntime's binding carries. */
export type Datatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'BYTES';

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): NumericArray;
  new (buffer: ArrayBuffer): NumericArray;
}

function traits(kind: ValueKind, ortType: string, array: ArrayType, min = 0n, max = 0n): DatatypeTraits {
  return {
    kind,
    ortType,
    bytes: kind === 'text' ? 0 : array.BYTES_PER_ELEMENT,
    min,
    max,
    create: (length) => new array(length),
    view: (buffer) => new array(buffer),
  };
}

export const DATATYPES: Readonly<Record<Datatype, DatatypeTraits>> = {
  BOOL: traits('boolean', 'bool', Uint8Array, 0n, 1n),
  UINT8: traits('integer', 'uint8', Uint8Array, 0n, 255n),
  UINT16: traits('integer', 'uint16', Uint16Array, 0n, 65_535n),
  UINT32: traits('integer', 'uint32', Uint32Array, 0n, 4_294_967_295n),
  UINT64: traits('long', 'uint64', BigUint64Array, 0n, 2n ** 64n - 1n),
  INT8: traits('integer', 'int8', Int8Array, -128n, 127n),
  INT16: traits('integer', 'int16', Int16Array, -32_768n, 32_767n),
  INT32: traits('integer', 'int32', Int32Array, -(2n ** 31n), 2n ** 31n - 1n),
  INT64: traits('long', 'int64', BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n),
  FP16: traits('half', 'float16', Uint16Array),
  FP32: traits('float', 'float32', Float32Array),
  FP64: traits('float', 'float64', Float64Array),
  BYTES: traits('text', 'string', Uint8Array),
};

const BY_ORT_TYPE: ReadonlyMap<string, Datatype> = new Map(
  Object.entries(DATATYPES).map(([name, { ortType }]) => [ortType, name as Datatype]),
);

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(DATATYPES, name);
}

/** The protocol's name for a type of onnxruntime's. @throws RangeError for one that the binding does not carry */
export function datatypeOfOrt(ortType: string): Datatype {
  const datatype = BY_ORT_TYPE.get(ortType);
  if (datatype === undefined) throw new RangeError(`onnxruntime type ${ortType} is not carried`);
  return datatype;
}

/** The numbers behind the bits of half-precision floats, sharing their memory. */
export function halfView(bits: NumericArray): Float16Array<ArrayBuffer> {
  return new Float16Array(bits.buffer, bits.byteOffset, bits.length);
}
