import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memorySource, type ByteSource } from './byte-source.ts';
import { readOnnxModel } from './onnx-source.ts';
import { OnnxFormatError, parseOnnxModel } from './onnx-model.ts';
import { encodeNode, encodeTensor, tensorAttribute } from './onnx-writer.ts';
import { bytesField, concatBytes, varintField } from './protobuf-wire.ts';
import { buildOnnx, floatBytes } from './testing/build-onnx.ts';

const MIB = 1024 * 1024;

function bigModel(weightBytes: number): Uint8Array<ArrayBuffer> {
  return buildOnnx({
    inputs: [
      { name: 'x', datatype: 'FP32', shape: ['batch', 4] },
      { name: 'w', datatype: 'FP32', shape: [4, 2] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', null] }],
    nodes: [
      encodeNode(
        'Constant',
        [],
        ['c'],
        [
          tensorAttribute(
            'value',
            encodeTensor({ elementType: 1, dims: [weightBytes / 4], raw: new Uint8Array(weightBytes) }),
          ),
        ],
      ),
      encodeNode('MatMul', ['x', 'w'], ['y']),
    ],
    initializers: [{ name: 'w', elementType: 1, dims: [weightBytes / 4], raw: new Uint8Array(weightBytes) }],
    metadata: { author: 'someone', __proto__key: 'kept' },
    opset: 19,
  });
}

/** Counts what is read, to prove that weights are not. */
function countingSource(bytes: Uint8Array): ByteSource & { readBytes: number } {
  const inner = memorySource(bytes);
  return {
    sizeBytes: inner.sizeBytes,
    readBytes: 0,
    async read(position, length) {
      const part = await inner.read(position, length);
      this.readBytes += part.length;
      return part;
    },
  };
}

test('a model is described with its types, axes, operator sets and metadata', () => {
  const model = parseOnnxModel(bigModel(64));
  expect(model).toMatchObject({
    irVersion: 8,
    opset: 19,
    opsets: { 'ai.onnx': 19, 'ai.onnx.ml': 3 },
    producer: 'viridian tests',
    metadata: { author: 'someone', __proto__key: 'kept' },
    outputs: [{ name: 'y', type: { kind: 'tensor', datatype: 'FP32', shape: ['batch', null] } }],
  });
});

test('inputs that an initializer fills are not asked of the caller', () => {
  expect(parseOnnxModel(bigModel(64)).inputs.map(({ name }) => name)).toEqual(['x']);
});

test('weights are jumped over, and the description is the same', async () => {
  const bytes = bigModel(8 * MIB);
  const source = countingSource(bytes);
  expect(await readOnnxModel(source)).toEqual(parseOnnxModel(bytes));
  expect(source.readBytes).toBeLessThan(bytes.length / 50);
});

test('external data are found in initializers, in attributes and in subgraphs', async () => {
  const external = (location: string) => encodeTensor({ elementType: 1, dims: [2], location });
  const subgraph = bytesField(5, external('sub.bin'));
  const graphAttribute = concatBytes([bytesField(1, 'body'), bytesField(6, subgraph), varintField(20, 5)]);
  const bytes = buildOnnx({
    inputs: [],
    outputs: [{ name: 'y', datatype: 'FP32' }],
    nodes: [
      encodeNode('Constant', [], ['c'], [tensorAttribute('value', external('node.bin'))]),
      encodeNode('Loop', [], ['y'], [graphAttribute]),
    ],
    initializers: [
      { name: 'a', elementType: 1, dims: [2], location: 'weights.bin' },
      { name: 'b', elementType: 1, dims: [2], location: 'weights.bin' },
    ],
  });
  expect((await readOnnxModel(memorySource(bytes))).externalFiles.toSorted()).toEqual([
    'node.bin',
    'sub.bin',
    'weights.bin',
  ]);
});

test('sequences and maps keep what lies inside', () => {
  const bytes = buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32' }],
    outputs: [
      { name: 's', datatype: 'SEQUENCE' },
      { name: 'p', datatype: 'ZIPMAP' },
    ],
    nodes: [],
  });
  const tensor = { kind: 'tensor', datatype: 'FP32', shape: null };
  expect(parseOnnxModel(bytes).outputs.map(({ type }) => type)).toEqual([
    { kind: 'sequence', element: tensor },
    { kind: 'sequence', element: { kind: 'map', keyDatatype: 'BYTES', value: tensor } },
  ]);
});

test('whatever bytes come, the answer is a model or a refusal in words', async () => {
  const valid = buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 3] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 3] }],
    nodes: [encodeNode('Identity', ['x'], ['y'])],
    initializers: [{ name: 'w', elementType: 1, dims: [2], raw: floatBytes([1, 2]) }],
  });
  const damaged = fc
    .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((edits) => edits.reduce((bytes, [at, value]) => bytes.with(at, value), valid));
  const cut = fc.nat(valid.length).map((length) => valid.subarray(0, length));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, cut, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
      const refusal = await readOnnxModel(memorySource(bytes)).then(
        () => null,
        (cause: unknown) => cause,
      );
      expect(refusal === null || refusal instanceof OnnxFormatError).toBe(true);
    }),
    { numRuns: 500 },
  );
});
