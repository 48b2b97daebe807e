import { describe, expect, test } from 'vitest';
import type { Datatype } from '../tensors/datatypes.ts';
import type { AxisSpec, TensorSignature } from '../tensors/tensor.ts';
import { decodeInferRequest } from './infer-request.ts';
import { InputError } from './input-error.ts';

const tensor = (name: string, datatype: Datatype, shape: AxisSpec[]): TensorSignature => ({ name, datatype, shape });
const inputs = [tensor('x', 'FP32', [null, 2]), tensor('t', 'BYTES', [null])];

function decode(json: unknown, binary: Buffer | null = null) {
  const head = Buffer.from(JSON.stringify(json));
  const body = binary === null ? head : Buffer.concat([head, binary]);
  return decodeInferRequest(body, binary === null ? null : head.length, inputs, ['y', 'z']);
}

const x = { name: 'x', datatype: 'FP32', shape: [1, 2] };
const t = { name: 't', datatype: 'BYTES', shape: [1], data: ['a'] };
const textBytes = (text: string): Buffer => {
  const content = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return Buffer.concat([length, content]);
};

test('JSON data may be flat or nested, and inputs come in any order', () => {
  const flat = decode({ inputs: [t, { ...x, data: [1, 2] }] });
  expect([...flat.inputs.keys()]).toEqual(['x', 't']);
  expect(decode({ inputs: [{ ...x, data: [[1, 2]] }, t] }).inputs).toEqual(flat.inputs);
});

test('binary data follow the JSON in the order of the inputs, at any alignment', () => {
  const floats = Buffer.from(Float32Array.of(1.5, Number.NaN).buffer);
  const text = textBytes('grün');
  const { inputs: decoded } = decode(
    {
      inputs: [
        { name: 't', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: text.length } },
        { ...x, parameters: { binary_data_size: 8 } },
      ],
    },
    Buffer.concat([text, floats]),
  );
  expect(decoded.get('t')?.data).toEqual(['grün']);
  expect(decoded.get('x')?.data).toEqual(Float32Array.of(1.5, Number.NaN));
});

describe('the answer holds what was asked for', () => {
  const given = [{ ...x, data: [1, 2] }, t];
  test.each([
    [
      {},
      [
        ['y', false],
        ['z', false],
      ],
    ],
    [
      { parameters: { binary_data_output: true } },
      [
        ['y', true],
        ['z', true],
      ],
    ],
    [{ outputs: [{ name: 'z' }] }, [['z', false]]],
    [
      { outputs: [{ name: 'z', parameters: { binary_data: true } }, { name: 'y' }] },
      [
        ['z', true],
        ['y', false],
      ],
    ],
    [
      { parameters: { binary_data_output: true }, outputs: [{ name: 'y', parameters: { binary_data: false } }] },
      [['y', false]],
    ],
  ])('%j', (extra, outputs) => {
    const request = decode({ inputs: given, ...extra });
    expect(request.outputs.map(({ name, binary }) => [name, binary])).toEqual(outputs);
  });
});

describe('what does not fit is refused with the tensor, what was expected and what came', () => {
  const ok = { ...x, data: [1, 2] };
  test.each([
    [[], 'must be a JSON object'],
    [{}, '"inputs" must be a list of tensors, got nothing'],
    [{ inputs: [5] }, 'must be an object with a "name", got 5'],
    [{ inputs: [{ ...ok, name: 'q' }] }, 'The model has no input "q". Its inputs: "x", "t"'],
    [{ inputs: [{ ...ok, datatype: 'FP64' }, t] }, 'Input "x" expects datatype FP32, got the text "FP64"'],
    [{ inputs: [{ ...ok, shape: [2, 1] }, t] }, 'Input "x" expects FP32 of shape [?, 2], got shape [2, 1]'],
    [{ inputs: [{ ...ok, shape: [2] }, t] }, 'got shape [2]'],
    [{ inputs: [{ ...ok, shape: [0, 2], data: [] }, t] }, 'which is empty'],
    [{ inputs: [{ ...ok, shape: [-1, 2] }, t] }, '"shape" to be a list of whole numbers, got [-1,2]'],
    [{ inputs: [{ ...ok, shape: [1e15, 2] }, t] }, 'at most 2147483648 values, got 2000000000000000'],
    [{ inputs: [{ ...ok, shape: undefined }, t] }, 'got nothing'],
    [{ inputs: [{ ...ok, data: [1] }, t] }, 'Input "x" expects 2 values for shape [1, 2], got 1'],
    [{ inputs: [{ ...ok, data: [[1], [2]] }, t] }, 'Input "x" expects FP32 of shape [?, 2], got shape [2, 1]'],
    [{ inputs: [{ ...ok, data: [1, null] }, t] }, 'Input "x" expects finite FP32 numbers, got null at [1]'],
    [{ inputs: [{ ...ok, data: 'x' }, t] }, '"data" to be a list, got the text "x"'],
    [{ inputs: [ok] }, 'Input "t" expects to be among "inputs"'],
    [{ inputs: [ok, ok, t] }, 'Input "x" is given twice'],
    [{ inputs: [ok, t], outputs: [{ name: 'w' }] }, 'no output the text "w". Its outputs: "y", "z"'],
    [{ inputs: [ok, t], outputs: 'y' }, '"outputs" must be a list'],
    [{ inputs: [ok, t], outputs: [{ name: 'y', parameters: { classification: 'two' } }] }, 'classification'],
    [{ inputs: [ok, t], id: 7 }, '"id" must be text, got 7'],
  ])('%j', (body, words) => {
    expect(() => decode(body)).toThrow(InputError);
    expect(() => decode(body)).toThrow(words);
  });

  const sized = (size: unknown) => ({ ...x, parameters: { binary_data_size: size } });
  test.each([
    [{ inputs: [sized(8), t] }, 4, 'Input "x" expects 8 bytes of binary data, got 4'],
    [{ inputs: [sized(4), t] }, 4, 'Input "x" expects 8 bytes for 2 FP32 values, got 4'],
    [{ inputs: [sized(8), t] }, 9, '1 bytes of binary data belong to no input'],
    [{ inputs: [sized(-1), t] }, 8, '"binary_data_size" to be a whole number, got -1'],
    [{ inputs: [{ ...sized(8), data: [1, 2] }, t] }, 8, 'got both'],
  ])('%j with %i bytes', (body, bytes, words) => {
    expect(() => decode(body, Buffer.alloc(bytes))).toThrow(words);
  });

  test.each([
    [Buffer.from([9, 0, 0, 0, 65]), 'got a longer one'],
    [Buffer.from([1, 0, 0, 0, 0xff]), 'not UTF-8'],
    [textBytes('a\0'), 'without NUL'],
    [Buffer.from([1, 0, 0]), 'expects 1 BYTES elements, got 0'],
    [Buffer.concat([textBytes('a'), textBytes('b')]), 'got 1 and 5 bytes more'],
  ])('BYTES %j', (bytes, words) => {
    const text = { name: 't', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: bytes.length } };
    expect(() => decode({ inputs: [text, { ...x, data: [1, 2] }] }, bytes)).toThrow(words);
  });

  test('a JSON length beyond the body', () => {
    expect(() => decodeInferRequest(Buffer.from('{}'), 3, inputs, [])).toThrow('is 3, but the body has 2 bytes');
  });
});
