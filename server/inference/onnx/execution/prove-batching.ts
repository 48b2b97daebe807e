import { DATATYPES, halfView, type NumericArray } from '../tensors/datatypes.ts';
import { elementCount, sliceRows, type NamedTensors, type Tensor, type TensorSignature } from '../tensors/tensor.ts';
import { declaresBatchAxis, mergeInputs } from './batch-queue.ts';
import type { ModelSession } from './ort-session.ts';

/**
 * Whether requests may share a run. A dynamic first axis says only that any number of rows is taken, not that rows are independent: a
 * model may normalise over its batch, or the axis may be time. So it is tried: each row alone and all rows together must agree.
 */
export type BatchingVerdict = { merge: true } | { merge: false; reason: string };

const ROWS = 6;
/** A slow model is tried less, so that an instance is ready in time. */
const SLOW_RUN_MS = 50;
const ROWS_OF_SLOW = 3;
/** Other kernels are chosen for other sizes and round differently in the last places. */
const RELATIVE_TOLERANCE = 1e-3;
const ABSOLUTE_TOLERANCE = 1e-5;
/** Synthetic numbers of several magnitudes: thresholds of trees and saturated activations hide differences at a single one. */
const SCALES = [1, 8, 0.05];
/** Size that other dynamic axes get. */
const DYNAMIC_AXIS = 3;

/**
 * @param samples rows that came with the model; without them synthetic ones are tried
 */
export async function proveBatching(
  inputs: readonly TensorSignature[],
  outputs: readonly TensorSignature[],
  samples: readonly NamedTensors[],
  session: ModelSession,
): Promise<BatchingVerdict> {
  if (inputs.length === 0) return { merge: false, reason: 'the model has no inputs' };
  if (!declaresBatchAxis(inputs)) return { merge: false, reason: 'the first axis of an input is fixed' };
  if (!declaresBatchAxis(outputs)) return { merge: false, reason: 'the first axis of an output is fixed' };
  let verdict: BatchingVerdict = { merge: false, reason: 'nothing could be tried' };
  let isSlow = false;
  const run: Run = async (tensors) => {
    const timed = await session.run(cloneTensors(tensors));
    isSlow ||= timed.runMs > SLOW_RUN_MS;
    return timed.outputs;
  };
  for (const scale of SCALES) {
    if (isSlow && verdict.merge) break;
    const synthetic = Array.from({ length: isSlow ? ROWS_OF_SLOW : ROWS }, (_, row) =>
      synthesizeRow(inputs, row, scale),
    );
    const trial = await tryRows([...rowsOf(samples), ...synthetic], run);
    if (trial.kind === 'differs') return { merge: false, reason: trial.reason };
    if (trial.kind === 'agrees') verdict = { merge: true };
    else if (!verdict.merge) verdict = { merge: false, reason: trial.reason };
  }
  return verdict;
}

/** One row of plausible values for every input, different for different `row`. Pure. */
export function synthesizeRow(inputs: readonly TensorSignature[], row: number, scale: number): NamedTensors {
  const random = randomNumbers(row * 7919 + 17);
  const tensors: NamedTensors = new Map();
  for (const input of inputs) {
    const shape = input.shape ?? [1];
    const dims = shape.map((axis, index) => (typeof axis === 'number' ? axis : index === 0 ? 1 : DYNAMIC_AXIS));
    tensors.set(input.name, synthesizeTensor(input, dims, random, scale));
  }
  return tensors;
}

function synthesizeTensor(input: TensorSignature, dims: number[], random: () => number, scale: number): Tensor {
  const { datatype } = input;
  const traits = DATATYPES[datatype];
  const count = elementCount(dims);
  if (traits.kind === 'text') {
    return {
      datatype,
      dims,
      data: Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)] as string),
    };
  }
  const data = traits.create(count);
  const numbers = (traits.kind === 'half' ? halfView(data) : data) as Float32Array | BigInt64Array;
  for (let index = 0; index < count; index += 1) {
    const value =
      traits.kind === 'float' || traits.kind === 'half' ? (random() * 4 - 1) * scale : Math.floor(random() * 2);
    numbers[index] = (traits.kind === 'long' ? BigInt(value) : value) as never;
  }
  return { datatype, dims, data };
}

const WORDS = ['good', 'bad', 'a', 'the service was slow and cold', 'I love it', '1', 'not great', 'yes', ''];

/** A small generator (mulberry32) so that the same model gets the same verdict at every start. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Run = (inputs: NamedTensors) => Promise<NamedTensors>;
type Trial = { kind: 'agrees' } | { kind: 'differs'; reason: string } | { kind: 'inconclusive'; reason: string };

async function tryRows(rows: readonly NamedTensors[], run: Run): Promise<Trial> {
  const alone: NamedTensors[] = [];
  const usable: NamedTensors[] = [];
  let failure = '';
  for (const row of rows) {
    try {
      alone.push(await run(row));
      usable.push(row);
    } catch (cause) {
      failure = cause instanceof Error ? cause.message : String(cause);
    }
  }
  if (usable.length < 2) return { kind: 'inconclusive', reason: `rows could not be tried: ${failure}` };
  const same = usable.filter((row) => shapeKey(row) === shapeKey(usable[0] as NamedTensors));
  const expected = alone.filter((_, index) => same.includes(usable[index] as NamedTensors));
  let together: NamedTensors;
  try {
    together = await run(mergeInputs(same.map((inputs) => ({ inputs }))));
  } catch (cause) {
    return { kind: 'differs', reason: `rows together fail: ${cause instanceof Error ? cause.message : String(cause)}` };
  }
  return compareRows(expected, together);
}

function compareRows(alone: readonly NamedTensors[], together: NamedTensors): Trial {
  let varies = false;
  for (const [name, tensor] of together) {
    if (tensor.dims[0] !== alone.length) {
      return {
        kind: 'differs',
        reason: `output "${name}" of ${alone.length} rows has shape [${tensor.dims.join(', ')}]`,
      };
    }
    for (const [row, outputs] of alone.entries()) {
      const own = outputs.get(name) as Tensor;
      if (!agrees(own, sliceRows(tensor, row, row + 1))) {
        return { kind: 'differs', reason: `output "${name}" of a row changes with its neighbours` };
      }
      if (row > 0 && !agrees(own, (alone[0] as NamedTensors).get(name) as Tensor)) varies = true;
    }
  }
  if (varies) return { kind: 'agrees' };
  return {
    kind: 'inconclusive',
    reason: 'all rows tried gave the same output; a sample-request.json with several rows would decide',
  };
}

function agrees(left: Tensor, right: Tensor): boolean {
  if (left.dims.join() !== right.dims.join()) return false;
  if (Array.isArray(left.data) || Array.isArray(right.data)) return String(left.data) === String(right.data);
  const kind = DATATYPES[left.datatype].kind;
  if (kind !== 'float' && kind !== 'half') return left.data.every((value, index) => value === right.data[index]);
  const a = floats(left, kind);
  const b = floats(right, kind);
  return a.every((value, index) => isClose(value, b[index] as number));
}

function floats(tensor: Tensor, kind: string): readonly number[] {
  const data = kind === 'half' ? halfView(tensor.data as NumericArray) : tensor.data;
  return Array.from(data as Float32Array);
}

function isClose(a: number, b: number): boolean {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

function rowsOf(samples: readonly NamedTensors[]): NamedTensors[] {
  return samples.flatMap((sample) => {
    const rows = Math.min(...[...sample.values()].map((tensor) => tensor.dims[0] ?? 0));
    return Array.from({ length: Math.min(rows, ROWS) }, (_, row) => {
      return new Map([...sample].map(([name, tensor]) => [name, sliceRows(tensor, row, row + 1)]));
    });
  });
}

function shapeKey(row: NamedTensors): string {
  return [...row.values()].map((tensor) => tensor.dims.slice(1).join()).join(';');
}

/** A run may take its inputs' memory away. */
function cloneTensors(tensors: NamedTensors): NamedTensors {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() as Tensor['data'] }]),
  );
}
