/**
 * Element types of ONNX (TensorProto.DataType) under the names that the Open Inference Protocol gives them, with the names of ONNX for
 * those that the protocol does not know.
 */
const DATATYPES: Readonly<Record<number, string>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
  12: 'UINT32',
  13: 'UINT64',
  14: 'COMPLEX64',
  15: 'COMPLEX128',
  16: 'BF16',
  17: 'FLOAT8E4M3FN',
  18: 'FLOAT8E4M3FNUZ',
  19: 'FLOAT8E5M2',
  20: 'FLOAT8E5M2FNUZ',
  21: 'UINT4',
  22: 'INT4',
  23: 'FLOAT4E2M1',
};

/** Name of an element type; `UNKNOWN_<n>` for one that is newer than this table. */
export function datatypeOf(elementType: number): string {
  return DATATYPES[elementType] ?? `UNKNOWN_${elementType}`;
}

/** What onnxruntime's JavaScript binding carries in and out. */
const CARRIED = new Set([
  'FP32',
  'UINT8',
  'INT8',
  'UINT16',
  'INT16',
  'INT32',
  'INT64',
  'BYTES',
  'BOOL',
  'FP16',
  'FP64',
  'UINT32',
  'UINT64',
]);

export function isCarriedDatatype(datatype: string): boolean {
  return CARRIED.has(datatype);
}

/** Number of an element type in TensorProto.DataType; 0, which is undefined, for a name that is not in the table. */
export function elementTypeOf(datatype: string): number {
  return Number(Object.keys(DATATYPES).find((number) => DATATYPES[Number(number)] === datatype) ?? 0);
}

export function isKnownDatatype(datatype: string): boolean {
  return elementTypeOf(datatype) !== 0;
}
