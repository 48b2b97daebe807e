import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NamedTensors } from '../tensors/tensor.ts';
import { AbandonedError, BatchQueue, QueueFullError, type BatchQueueOptions, type RunReport } from './batch-queue.ts';

const LIMITS = { maxRows: 16, maxQueuedRequests: 1000, maxQueuedBytes: 1e9 };
const BAD = -1;
const PATIENCE = { timeout: 15_000 };

const rows = (...values: number[]): NamedTensors =>
  new Map([['x', { datatype: 'FP32', dims: [values.length, 1], data: Float32Array.from(values) }]]);

/** A model that doubles, refuses any run that holds a bad value, and remembers what its runs were. */
function doubler(overrides: Partial<BatchQueueOptions> = {}) {
  const runs: number[][] = [];
  const reports: RunReport[] = [];
  const stopped: string[] = [];
  const queue = new BatchQueue({
    limits: LIMITS,
    lanes: 1,
    merge: true,
    onRun: (report) => reports.push(report),
    onMergeStopped: (reason) => stopped.push(reason),
    run: async (inputs) => {
      const values = Array.from(inputs.get('x')?.data as Float32Array);
      runs.push(values);
      // Another turn of the event loop, as a run in a thread takes, so that requests gather meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      if (values.includes(BAD)) throw new Error('bad value');
      return { runMs: 1, outputs: rows(...values.map((value) => value * 2)) };
    },
    ...overrides,
  });
  return { queue, runs, reports, stopped };
}

const answer = async (pending: Promise<NamedTensors>): Promise<number[] | string> =>
  pending.then(
    (outputs) => Array.from(outputs.get('x')?.data as Float32Array),
    (cause: Error) => cause.message,
  );
const stay = (): boolean => false;

test('everybody gets exactly the answer to their own request, whoever is in the same run', async () => {
  const request = fc.array(fc.integer({ min: BAD, max: 50 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
      const { queue, runs } = doubler();
      const answers = await Promise.all(requests.map((values) => answer(queue.submit(rows(...values), stay))));
      expect(answers).toEqual(
        requests.map((values) => (values.includes(BAD) ? 'bad value' : values.map((value) => value * 2))),
      );
      expect(Math.max(...runs.map((values) => values.length))).toBeLessThanOrEqual(LIMITS.maxRows);
    }),
  );
});

test('what arrives during a run is the next run, together', async () => {
  const { queue, runs, reports } = doubler();
  const first = queue.submit(rows(1), stay);
  await expect.poll(() => runs.length, PATIENCE).toBe(1);
  await Promise.all([first, queue.submit(rows(2), stay), queue.submit(rows(3, 4), stay)]);
  expect(runs).toEqual([[1], [2, 3, 4]]);
  expect(reports).toEqual([
    { requests: 1, rows: 1, runMs: 1 },
    { requests: 2, rows: 3, runMs: 1 },
  ]);
});

test('requests of other trailing axes or unequal first axes do not join', async () => {
  const { queue, runs } = doubler();
  const wide: NamedTensors = new Map([['x', { datatype: 'FP32', dims: [1, 2], data: Float32Array.of(7, 8) }]]);
  await Promise.all([queue.submit(rows(1), stay), queue.submit(wide, stay), queue.submit(rows(2), stay)]);
  expect(runs).toEqual([
    [1, 2],
    [7, 8],
  ]);
});

test('without merging each request runs alone, in order', async () => {
  const { queue, runs } = doubler({ merge: false });
  await Promise.all([queue.submit(rows(1), stay), queue.submit(rows(2), stay)]);
  expect(runs).toEqual([[1], [2]]);
});

test('as many runs are under way as there are lanes', async () => {
  let underWay = 0;
  let most = 0;
  const { queue } = doubler({
    lanes: 2,
    merge: false,
    run: async (inputs) => {
      most = Math.max(most, (underWay += 1));
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return { runMs: 1, outputs: inputs };
    },
  });
  const values = [1, 2, 3, 4, 5];
  expect(await Promise.all(values.map((value) => answer(queue.submit(rows(value), stay))))).toEqual(
    values.map((value) => [value]),
  );
  expect(most).toBe(2);
});

test('a request larger than a batch runs alone', async () => {
  const { queue, runs } = doubler({ limits: { ...LIMITS, maxRows: 2 } });
  await Promise.all([queue.submit(rows(1, 2, 3), stay), queue.submit(rows(4), stay)]);
  expect(runs).toEqual([[1, 2, 3], [4]]);
});

test('one bad request among many costs a few runs, not one per neighbour', async () => {
  const { queue, runs } = doubler();
  const values = [1, 2, 3, 4, 5, 6, BAD, 8, 9, 10, 11, 12, 13, 14, 15, 16];
  const answers = await Promise.all(values.map((value) => answer(queue.submit(rows(value), stay))));
  expect(answers.filter((one) => one === 'bad value')).toHaveLength(1);
  expect(runs.length).toBeLessThanOrEqual(9);
});

test('a merged output that cannot be split stops merging and still answers everybody', async () => {
  const { queue, stopped } = doubler({ run: async () => ({ runMs: 1, outputs: rows(42) }) });
  const answers = await Promise.all([1, 2, 3].map((value) => answer(queue.submit(rows(value), stay))));
  expect(answers).toEqual([[42], [42], [42]]);
  expect(stopped).toEqual(['output "x" of 3 rows has shape [1, 1]']);
});

test('a request that nobody waits for is not computed', async () => {
  const { queue, runs } = doubler();
  const gone = answer(queue.submit(rows(1), () => true));
  await queue.submit(rows(2), stay);
  expect(await gone).toBe(new AbandonedError('the client left').message);
  expect(runs).toEqual([[2]]);
});

test('a full queue refuses, and takes again when there is room', async () => {
  const { queue } = doubler({ limits: { ...LIMITS, maxQueuedRequests: 2 } });
  const taken = [queue.submit(rows(1), stay), queue.submit(rows(2), stay)];
  await expect(queue.submit(rows(3), stay)).rejects.toThrow(QueueFullError);
  await Promise.all(taken);
  expect(await answer(queue.submit(rows(4), stay))).toEqual([8]);
});

test('waiting inputs are bounded in memory too', async () => {
  const { queue } = doubler({ limits: { ...LIMITS, maxQueuedBytes: 8 } });
  const first = queue.submit(rows(1, 2), stay);
  await expect(queue.submit(rows(3), stay)).rejects.toThrow(QueueFullError);
  expect(await answer(first)).toEqual([2, 4]);
});
