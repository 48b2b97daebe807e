import { concatTensors, sliceRows, type NamedTensors, type TensorSignature } from '../tensors/tensor.ts';
import type { TimedRun } from './ort-session.ts';

export interface BatchLimits {
  /** Rows of one merged run; a single larger request runs alone. */
  maxRows: number;
  maxQueuedRequests: number;
  /** Input memory of everything that waits. */
  maxQueuedBytes: number;
}

/** What happened in one run, for the metrics. */
export interface RunReport {
  requests: number;
  rows: number;
  runMs: number;
}

export interface BatchQueueOptions {
  run(inputs: NamedTensors): Promise<TimedRun>;
  limits: BatchLimits;
  /** Whether requests may share a run; see `prove-batching.ts`. */
  merge: boolean;
  /** Runs that may be under way at once. */
  lanes: number;
  onRun(report: RunReport): void;
  /** Merging stopped for good, because a merged run gave something that cannot be split. */
  onMergeStopped(reason: string): void;
}

/** Too much is waiting already. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/** The client left before its turn came. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
}

interface Job {
  inputs: NamedTensors;
  /** Common size of the inputs' first axis, or 0 where the request cannot share a run. */
  rows: number;
  /** Requests with equal keys can share a run: all axes but the first are equal. */
  key: string;
  bytes: number;
  isAbandoned: () => boolean;
  settled: PromiseWithResolvers<NamedTensors>;
}

/**
 * Work-conserving batching: whatever waits when a run ends is the next run, together where it fits. Nothing ever waits for a timer or for
 * company, so a lone request is as fast as without batching. A request whose merged run fails is run again alone: nobody pays for a
 * neighbour.
 */
export class BatchQueue {
  readonly #options: BatchQueueOptions;
  #waiting: Job[] = [];
  #waitingBytes = 0;
  #busyLanes = 0;
  #running = 0;
  #merge: boolean;

  constructor(options: BatchQueueOptions) {
    this.#options = options;
    this.#merge = options.merge;
  }

  /** Requests that wait for a run. */
  get queued(): number {
    return this.#waiting.length;
  }

  /** Requests whose run is under way. */
  get running(): number {
    return this.#running;
  }

  /**
   * Runs the model on these inputs.
   * @param isAbandoned asked when the turn comes; a request that nobody waits for is not computed
   * @throws QueueFullError, AbandonedError, or what onnxruntime says about these inputs
   */
  submit(inputs: NamedTensors, isAbandoned: () => boolean): Promise<NamedTensors> {
    const { limits } = this.#options;
    const bytes = byteLength(inputs);
    const isFull =
      this.#waiting.length >= limits.maxQueuedRequests || this.#waitingBytes + bytes > limits.maxQueuedBytes;
    if (isFull && this.#waiting.length > 0)
      return Promise.reject(new QueueFullError(`${this.#waiting.length} requests are waiting`));
    const settled = Promise.withResolvers<NamedTensors>();
    const { rows, key } = this.#merge ? mergeKey(inputs) : { rows: 0, key: '' };
    this.#waiting.push({ inputs, rows, key, bytes, isAbandoned, settled });
    this.#waitingBytes += bytes;
    if (this.#busyLanes < this.#options.lanes) {
      this.#busyLanes += 1;
      // After everything that this turn of the event loop reads from sockets, so that it shares the run.
      setImmediate(() => void this.#work());
    }
    return settled.promise;
  }

  /** One run of a lane per turn of the event loop, so that probes and new requests get their turn between two runs. */
  async #work(): Promise<void> {
    const batch = this.#takeBatch();
    this.#running += batch.length;
    await this.#run(batch);
    this.#running -= batch.length;
    if (this.#waiting.length > 0) setImmediate(() => void this.#work());
    else this.#busyLanes -= 1;
  }

  /** The oldest request and those behind it that can share its run, in order of arrival. */
  #takeBatch(): Job[] {
    const batch: Job[] = [];
    const left: Job[] = [];
    let rows = 0;
    for (const job of this.#waiting) {
      if (job.isAbandoned()) {
        this.#waitingBytes -= job.bytes;
        job.settled.reject(new AbandonedError('the client left'));
      } else if (batch.length === 0 || this.#joins(job, batch[0] as Job, rows)) {
        batch.push(job);
        rows += job.rows;
        this.#waitingBytes -= job.bytes;
      } else left.push(job);
    }
    this.#waiting = left;
    return batch;
  }

  #joins(job: Job, first: Job, rows: number): boolean {
    const fits = rows + job.rows <= this.#options.limits.maxRows;
    return this.#merge && fits && first.rows > 0 && job.rows > 0 && job.key === first.key;
  }

  async #run(batch: readonly Job[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length === 1) await this.#runAlone(first);
    else if (!this.#merge || !(await this.#runTogether(batch))) await this.#runHalves(batch);
  }

  async #runAlone(job: Job): Promise<void> {
    try {
      const { outputs, runMs } = await this.#options.run(job.inputs);
      this.#options.onRun({ requests: 1, rows: Math.max(1, job.rows), runMs });
      job.settled.resolve(outputs);
    } catch (cause) {
      job.settled.reject(cause);
    }
  }

  /** False when the run failed or cannot be split, and nobody has an answer yet. */
  async #runTogether(batch: readonly Job[]): Promise<boolean> {
    const rows = batch.reduce((sum, job) => sum + job.rows, 0);
    let run: TimedRun;
    try {
      run = await this.#options.run(mergeInputs(batch));
    } catch {
      // Whose doing it is shows when the others run without it, and only that request gets the error.
      return false;
    }
    this.#options.onRun({ requests: batch.length, rows, runMs: run.runMs });
    const unsplit = [...run.outputs].find(([, tensor]) => tensor.dims[0] !== rows);
    if (unsplit !== undefined) {
      this.#merge = false;
      this.#options.onMergeStopped(`output "${unsplit[0]}" of ${rows} rows has shape [${unsplit[1].dims.join(', ')}]`);
      return false;
    }
    let start = 0;
    for (const job of batch) {
      job.settled.resolve(sliceOutputs(run.outputs, start, start + job.rows));
      start += job.rows;
    }
    return true;
  }

  /** A bad request among n is found in 2 log n runs; once merging is off, each runs alone at once. */
  async #runHalves(batch: readonly Job[]): Promise<void> {
    const middle = this.#merge ? batch.length >> 1 : 1;
    await this.#run(batch.slice(0, middle));
    await this.#run(batch.slice(middle));
  }
}

/** Whether every input and output can grow along its first axis, judged by what the model declares. */
export function declaresBatchAxis(signatures: readonly TensorSignature[]): boolean {
  return signatures.every(({ shape }) => shape === null || (shape.length > 0 && typeof shape[0] !== 'number'));
}

export function mergeInputs(batch: readonly { inputs: NamedTensors }[]): NamedTensors {
  const merged: NamedTensors = new Map();
  for (const name of (batch[0] as { inputs: NamedTensors }).inputs.keys()) {
    merged.set(name, concatTensors(batch.flatMap(({ inputs }) => inputs.get(name) ?? [])));
  }
  return merged;
}

function mergeKey(inputs: NamedTensors): { rows: number; key: string } {
  let rows = -1;
  let key = '';
  for (const { dims } of inputs.values()) {
    const [first] = dims;
    if (first === undefined || (rows >= 0 && first !== rows)) return { rows: 0, key: '' };
    rows = first;
    for (let axis = 1; axis < dims.length; axis += 1) key += `${dims[axis]},`;
    key += ';';
  }
  return { rows: Math.max(rows, 0), key };
}

function sliceOutputs(outputs: NamedTensors, start: number, end: number): NamedTensors {
  const own: NamedTensors = new Map();
  for (const [name, tensor] of outputs) own.set(name, sliceRows(tensor, start, end));
  return own;
}

function byteLength(inputs: NamedTensors): number {
  let bytes = 0;
  for (const { data } of inputs.values()) {
    if (!Array.isArray(data)) bytes += data.byteLength;
    else for (const text of data) bytes += text.length;
  }
  return bytes;
}
