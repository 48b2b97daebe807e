import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../protocol/parse-json.ts';
import { DATATYPES, halfView, type Datatype, type NumericArray } from './datatypes.ts';
import { decodeFlat, decodeNested } from './decode-json.ts';
import { formatFlat, formatNested } from './encode-json.ts';
import type { Tensor } from './tensor.ts';

const INTEGERS = ['UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64'] as const;

function values(datatype: Datatype): fc.Arbitrary<unknown> {
  const { kind, min, max } = DATATYPES[datatype];
  if (kind === 'text') return fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  if (kind === 'boolean') return fc.boolean();
  if (kind === 'integer' || kind === 'long') return fc.bigInt({ min, max });
  if (datatype === 'FP64') return fc.double({ noNaN: true, noDefaultInfinity: true });
  const float = fc.float({ noNaN: true, noDefaultInfinity: true });
  // What FP16 holds, without what it rounds to -0, whose sign JSON's usual writers drop.
  return datatype === 'FP16' ? float.filter((value) => Math.abs(value) < 65_000 && Math.abs(value) > 1e-6) : float;
}

/** JSON as a client writes it that keeps integers exact. */
function toJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function nest(flat: readonly unknown[], rows: number): unknown[] {
  const width = flat.length / rows;
  return Array.from({ length: rows }, (_, row) => flat.slice(row * width, (row + 1) * width));
}

describe('values come out as they went in', () => {
  test.each(Object.keys(DATATYPES) as Datatype[])('%s', (datatype) => {
    const rows = fc.integer({ min: 1, max: 4 });
    const table = fc
      .tuple(rows, fc.integer({ min: 1, max: 4 }))
      .chain(([height, width]) =>
        fc
          .array(values(datatype), { minLength: height * width, maxLength: height * width })
          .map((flat) => nest(flat, height)),
      );
    fc.assert(
      fc.property(table, (nested) => {
        const signature = { name: 'x', datatype, shape: [null, null] };
        const sent = parseJson(Buffer.from(toJson(nested)), true).value;
        const tensor = decodeNested(signature, sent, false);
        const again = decodeNested(signature, parseJson(Buffer.from(formatNested(tensor)), true).value, false);
        expect(again).toEqual(tensor);
        expect(decodeFlat(signature, tensor.dims, parseJson(Buffer.from(formatFlat(tensor)), true).value)).toEqual(
          tensor,
        );
      }),
    );
  });
});

describe('an integer outside its type is refused, its borders are not', () => {
  test.each(INTEGERS)('%s', (datatype) => {
    const signature = { name: 'x', datatype, shape: [null] };
    const { min, max } = DATATYPES[datatype];
    const decode = (value: bigint) => decodeNested(signature, parseJson(Buffer.from(`[${value}]`), true).value, false);
    expect(BigInt((decode(min).data as NumericArray)[0] as bigint)).toBe(min);
    expect(BigInt((decode(max).data as NumericArray)[0] as bigint)).toBe(max);
    expect(() => decode(min - 1n)).toThrow(`Input "x" expects whole ${datatype} numbers`);
    expect(() => decode(max + 1n)).toThrow(`Input "x" expects whole ${datatype} numbers`);
  });
});

test('floats that JSON does not have are written as text', () => {
  const tensor: Tensor = { datatype: 'FP64', dims: [4], data: Float64Array.of(Number.NaN, Infinity, -Infinity, -0.5) };
  expect(formatNested(tensor)).toBe('["NaN","Infinity","-Infinity",-0.5]');
});

test('half-precision values are numbers outside and bits inside', () => {
  const tensor = decodeNested({ name: 'x', datatype: 'FP16', shape: [2] }, [1.5, -2], false);
  expect(tensor.data).toEqual(Uint16Array.of(0x3e00, 0xc000));
  expect(Array.from(halfView(tensor.data as NumericArray))).toEqual([1.5, -2]);
  expect(() => decodeNested({ name: 'x', datatype: 'FP16', shape: [1] }, [70_000], false)).toThrow(
    'finite FP16 numbers, got 70000',
  );
});

test('scalars and empty axes have their place', () => {
  expect(formatNested({ datatype: 'INT64', dims: [], data: BigInt64Array.of(7n) })).toBe('7');
  expect(formatNested({ datatype: 'INT32', dims: [2, 0], data: new Int32Array(0) })).toBe('[[],[]]');
  expect(decodeNested({ name: 'x', datatype: 'FP32', shape: [] }, 2.5, false).dims).toEqual([]);
});

test.each(['cut\0off', '\ud800'])('text that would be changed on its way, %j, is refused', (text) => {
  expect(() => decodeNested({ name: 'x', datatype: 'BYTES', shape: [1] }, [text], false)).toThrow(
    'without NUL characters',
  );
});

test('deep nesting is refused before it costs anything', () => {
  const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000));
  expect(() => decodeNested({ name: 'x', datatype: 'FP32', shape: null }, deep, false)).toThrow('nested deeper');
});
