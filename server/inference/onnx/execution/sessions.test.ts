import { describe, expect, test } from 'vitest';
import { parseOnnxModel } from '#server/models/detect/onnx-model.ts';
import { encodeNode, intAttribute, intsAttribute, stringsAttribute } from '#server/models/detect/onnx-writer.ts';
import { buildIdentity, buildOnnx, floatBytes } from '#server/models/detect/testing/build-onnx.ts';
import { lowerOutputs, UnservableOutputError } from '../graph/lower-outputs.ts';
import { encodeScoreResponse } from '../protocol/score-response.ts';
import { DATATYPES, type Datatype } from '../tensors/datatypes.ts';
import { decodeNested } from '../tensors/decode-json.ts';
import { formatNested } from '../tensors/encode-json.ts';
import type { AxisSpec, NamedTensors, Tensor, TensorSignature } from '../tensors/tensor.ts';
import { AdaptiveSession } from './adaptive-session.ts';
import { openSession, type ModelSession } from './ort-session.ts';
import { proveBatching } from './prove-batching.ts';
import { SessionPool } from './session-pool.ts';
import { WorkerSession } from './worker-session.ts';

const source = (model: Uint8Array) => ({ model, folder: '/', threads: 1 });
const signature = (name: string, datatype: Datatype, shape: readonly AxisSpec[]): TensorSignature => ({
  name,
  datatype,
  shape,
});
const input = (datatype: Datatype, values: unknown): NamedTensors => {
  const tensor = decodeNested({ name: 'x', datatype, shape: null }, values, false);
  return new Map([['x', tensor]]);
};

const VALUES: Partial<Record<Datatype, unknown[]>> = {
  BOOL: [true, false],
  BYTES: ['', 'grün 🌱'],
  FP16: [1.5, -0.25],
  FP32: [1.5, -0.25],
  FP64: [0.1, -1e300],
  INT64: [2n ** 63n - 1n, -(2n ** 63n)],
  UINT64: [2n ** 64n - 1n, 0n],
};

describe('every datatype passes through onnxruntime unchanged, in this thread and in another', () => {
  test.each(Object.keys(DATATYPES) as Datatype[])('%s', async (datatype) => {
    const { min, max } = DATATYPES[datatype];
    const values = VALUES[datatype] ?? [Number(min), Number(max)];
    const sent = formatNested(input(datatype, values).get('x') as Tensor);
    const opened: ModelSession[] = [
      await openSession(source(buildIdentity(datatype))),
      await WorkerSession.open(source(buildIdentity(datatype))),
    ];
    for (const session of opened) {
      const { outputs } = await session.run(input(datatype, values));
      expect(formatNested(outputs.get('y') as Tensor)).toBe(sent);
      expect(outputs.get('y')).toMatchObject({ datatype, dims: [2] });
      await session.close();
    }
  });
});

test('a failing run says why in onnxruntime’s words, and the session goes on', async () => {
  const gather = buildOnnx({
    inputs: [{ name: 'x', datatype: 'INT64', shape: ['n'] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }],
    nodes: [encodeNode('Gather', ['w', 'x'], ['y'])],
    initializers: [{ name: 'w', elementType: 1, dims: [2], raw: floatBytes([5, 6]) }],
  });
  for (const session of [await openSession(source(gather)), await WorkerSession.open(source(gather))]) {
    await expect(session.run(input('INT64', [9]))).rejects.toThrow('indices element out of data bounds');
    const { outputs } = await session.run(input('INT64', [1]));
    expect(formatNested(outputs.get('y') as Tensor)).toBe('[6]');
    await session.close();
  }
});

test('a model that does not load says why in onnxruntime’s words', async () => {
  const broken = buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
    nodes: [encodeNode('NoSuchOperator', ['x'], ['y'])],
  });
  await expect(openSession(source(broken))).rejects.toThrow('NoSuchOperator');
  await expect(WorkerSession.open(source(broken))).rejects.toThrow('NoSuchOperator');
});

/** Multiplies a matrix by itself often enough to take many milliseconds. */
function slowModel(): Uint8Array<ArrayBuffer> {
  const steps = Array.from({ length: 40 }, (_, step) =>
    encodeNode('MatMul', [step === 0 ? 'x' : `s${step}`, 'w'], [`s${step + 1}`]),
  );
  return buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 512] }],
    outputs: [{ name: 's40', datatype: 'FP32', shape: ['n', 512] }],
    nodes: steps,
    initializers: [{ name: 'w', elementType: 1, dims: [512, 512], raw: new Uint8Array(512 * 512 * 4) }],
  });
}

test('a long run leaves this thread free, a short one is done in it', async () => {
  const zeros = (rows: number): NamedTensors =>
    new Map([['x', { datatype: 'FP32', dims: [rows, 512], data: new Float32Array(rows * 512) }]]);
  const session = await AdaptiveSession.open(source(slowModel()), 1);
  await session.calibrate(zeros(1));
  let turns = 0;
  const counter = setInterval(() => (turns += 1), 1);
  await session.run(zeros(2000));
  clearInterval(counter);
  expect(turns).toBeGreaterThan(2);
  await session.close();

  const quick = await AdaptiveSession.open(source(buildIdentity('FP32')), 1);
  await quick.calibrate(input('FP32', [1]));
  expect(quick.mode).toBe('inline');
  await quick.close();
});

test('a large model is opened once, in its thread', async () => {
  const session = await AdaptiveSession.open(source(buildIdentity('FP32')), 2 ** 30);
  expect(session.mode).toBe('thread');
  await session.calibrate(input('FP32', [1]));
  const { outputs } = await session.run(input('FP32', [2]));
  expect(outputs.get('y')?.data).toEqual(Float32Array.of(2));
  await session.close();
});

test('a model in threads is opened as often as asked, and runs as often at once', async () => {
  const pool = await SessionPool.open(source(buildIdentity('FP32')), 2 ** 30);
  await pool.grow(3);
  expect(pool.size).toBe(3);
  const runs = [1, 2, 3].map((value) => pool.run(input('FP32', [value])));
  await expect(pool.run(input('FP32', [4]))).rejects.toThrow('all 3 sessions are busy');
  const answers = (await Promise.all(runs)).map(({ outputs }) => outputs.get('y')?.data);
  expect(answers).toEqual([1, 2, 3].map((value) => Float32Array.of(value)));
  expect((await pool.run(input('FP32', [5]))).outputs.get('y')?.data).toEqual(Float32Array.of(5));
  await pool.close();
});

test('a model that is fast enough for this thread is opened once', async () => {
  const pool = await SessionPool.open(source(buildIdentity('FP32')), 1);
  await pool.calibrate(input('FP32', [1]));
  await pool.grow(3);
  expect(pool.size).toBe(1);
  await pool.close();
});

describe('requests share a run only where rows are independent', () => {
  const matrix = [signature('x', 'FP32', ['n', 3])];
  const matrixOut = [signature('y', 'FP32', ['n', 3])];
  const model = (node: Uint8Array): Uint8Array<ArrayBuffer> =>
    buildOnnx({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 3] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 3] }],
      nodes: [node],
    });
  const verdict = async (bytes: Uint8Array, inputs = matrix, outputs = matrixOut, samples: NamedTensors[] = []) => {
    const session = await openSession(source(bytes));
    try {
      return await proveBatching(inputs, outputs, samples, session);
    } finally {
      await session.close();
    }
  };

  test('a softmax over columns', async () => {
    expect(await verdict(model(encodeNode('Softmax', ['x'], ['y'], [intAttribute('axis', 1)])))).toEqual({
      merge: true,
    });
  });

  test('not a softmax over rows', async () => {
    expect(await verdict(model(encodeNode('Softmax', ['x'], ['y'], [intAttribute('axis', 0)])))).toEqual({
      merge: false,
      reason: 'output "y" of a row changes with its neighbours',
    });
  });

  test('not a running sum over rows', async () => {
    const bytes = buildOnnx({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 3] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 3] }],
      nodes: [encodeNode('CumSum', ['x', 'axis'], ['y'])],
      initializers: [{ name: 'axis', elementType: 7, dims: [], integers: [0] }],
    });
    expect(await verdict(bytes)).toMatchObject({ merge: false });
  });

  test('not where rows are dropped or joined', async () => {
    const bytes = model(encodeNode('ReduceSum', ['x'], ['y'], [intAttribute('keepdims', 1)]));
    expect(await verdict(bytes)).toMatchObject({ merge: false, reason: expect.stringContaining('has shape [1, 1]') });
  });

  test('not where an axis is fixed', async () => {
    const bytes = buildIdentity('FP32', [1, 3]);
    const fixed = [signature('x', 'FP32', [1, 3])];
    expect(await verdict(bytes, fixed, matrixOut)).toEqual({
      merge: false,
      reason: 'the first axis of an input is fixed',
    });
    expect(await verdict(bytes, matrix, fixed)).toEqual({
      merge: false,
      reason: 'the first axis of an output is fixed',
    });
  });

  test('not where nothing tried told rows apart, until a sample does', async () => {
    const words = encodeNode(
      'LabelEncoder',
      ['x'],
      ['y'],
      [stringsAttribute('keys_strings', ['kiwi', 'plum']), intsAttribute('values_int64s', [1, 2])],
      'ai.onnx.ml',
    );
    const bytes = buildOnnx({
      inputs: [{ name: 'x', datatype: 'BYTES', shape: ['n'] }],
      outputs: [{ name: 'y', datatype: 'INT64', shape: ['n'] }],
      nodes: [words],
    });
    const inputs = [signature('x', 'BYTES', ['n'])];
    const outputs = [signature('y', 'INT64', ['n'])];
    expect(await verdict(bytes, inputs, outputs)).toMatchObject({
      merge: false,
      reason: expect.stringContaining('same output'),
    });
    expect(await verdict(bytes, inputs, outputs, [input('BYTES', ['kiwi', 'plum'])])).toEqual({ merge: true });
  });
});

describe('outputs that are no tensors', () => {
  const answer = async (bytes: Uint8Array<ArrayBuffer>, inputs: NamedTensors): Promise<unknown> => {
    const lowered = lowerOutputs(bytes, parseOnnxModel(bytes));
    const session = await openSession(source(lowered.file));
    const { outputs } = await session.run(inputs);
    await session.close();
    return JSON.parse(encodeScoreResponse(outputs, lowered.views));
  };
  const zipMap = (attribute: Uint8Array): Uint8Array<ArrayBuffer> =>
    buildOnnx({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 2] }],
      outputs: [{ name: 'p', datatype: 'ZIPMAP' }],
      nodes: [encodeNode('ZipMap', ['x'], ['p'], [attribute], 'ai.onnx.ml')],
    });
  const matrix = (): NamedTensors =>
    input('FP32', [
      [0.25, 0.75],
      [1, 0],
    ]);

  test('ZipMap with text classes becomes a list of objects', async () => {
    const bytes = zipMap(stringsAttribute('classlabels_strings', ['no "way"', 'yes']));
    expect(await answer(bytes, matrix())).toEqual([
      { 'no "way"': 0.25, yes: 0.75 },
      { 'no "way"': 1, yes: 0 },
    ]);
  });

  test('ZipMap with integer classes has them as keys, exact', async () => {
    const bytes = zipMap(intsAttribute('classlabels_int64s', [-1n, 2n ** 62n + 1n]));
    expect(await answer(bytes, matrix())).toEqual([
      { '-1': 0.25, '4611686018427387905': 0.75 },
      { '-1': 1, '4611686018427387905': 0 },
    ]);
  });

  test('a sequence of tensors becomes a list, also of unequal shapes and of none', async () => {
    const bytes = buildOnnx({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: ['n', 2] },
        { name: 'z', datatype: 'FP32', shape: [null] },
      ],
      outputs: [
        { name: 's', datatype: 'SEQUENCE' },
        { name: 'e', datatype: 'SEQUENCE' },
      ],
      nodes: [encodeNode('SequenceConstruct', ['x', 'z'], ['s']), encodeNode('SequenceEmpty', [], ['e'])],
    });
    const inputs = new Map([
      ...matrix(),
      ['z', { datatype: 'FP32', dims: [3], data: Float32Array.of(1, 2, 3) } as Tensor],
    ]);
    expect(await answer(bytes, inputs)).toEqual({
      s: [
        [
          [0.25, 0.75],
          [1, 0],
        ],
        [1, 2, 3],
      ],
      e: [],
    });
  });

  test('a sequence before it can be taken apart is refused with the operator set it needs', () => {
    const bytes = buildOnnx({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['n'] }],
      outputs: [{ name: 's', datatype: 'SEQUENCE' }],
      nodes: [encodeNode('SequenceConstruct', ['x'], ['s'])],
      opset: 13,
    });
    expect(() => lowerOutputs(bytes, parseOnnxModel(bytes))).toThrow(UnservableOutputError);
    expect(() => lowerOutputs(bytes, parseOnnxModel(bytes))).toThrow('from operator set 17 on; the model has 13');
  });
});
