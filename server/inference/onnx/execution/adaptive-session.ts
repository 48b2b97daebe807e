import type { NamedTensors } from '../tensors/tensor.ts';
import { openSession, type ModelSession, type SessionSource, type TimedRun } from './ort-session.ts';
import { RunCost } from './run-cost.ts';
import { WorkerSession } from './worker-session.ts';

/**
 * Handing a run to another thread and back costs 20 to 70 µs, several times what a small model computes, and a run in the thread that
 * speaks HTTP keeps probes waiting. Runs expected to be shorter than this are done at once, all others in a thread of their own.
 */
const INLINE_MAX_MS = 2;
/** Both ways need the model in memory once each; above this size it is only opened in the thread. */
const INLINE_MAX_MODEL_BYTES = 64 * 1024 * 1024;
const CALIBRATION_RUNS = 3;
const HOPELESS_MS = 50;

/** A model that is run where its run does least harm. One run at a time. */
export class AdaptiveSession implements ModelSession {
  readonly #source: SessionSource;
  readonly #cost = new RunCost();
  #inline: ModelSession | null = null;
  #worker: Promise<WorkerSession> | null = null;

  private constructor(source: SessionSource) {
    this.#source = source;
  }

  /**
   * @param modelBytes size of the model with its external data
   * @throws what onnxruntime says about a model that it cannot load
   */
  static async open(source: SessionSource, modelBytes: number): Promise<AdaptiveSession> {
    const session = new AdaptiveSession(source);
    if (modelBytes <= INLINE_MAX_MODEL_BYTES) session.#inline = await openSession(source);
    else await session.#openWorker();
    return session;
  }

  async run(inputs: NamedTensors): Promise<TimedRun> {
    const elements = countElements(inputs);
    const isShort = this.#inline !== null && this.#cost.expectMs(elements) < INLINE_MAX_MS;
    const session = isShort ? (this.#inline as ModelSession) : await this.#openWorker();
    const run = await session.run(inputs);
    this.#cost.observe(elements, run.runMs);
    return run;
  }

  /**
   * Runs in this thread to learn what a run costs, which nothing else can tell; a model that proves slow is moved to its thread. For use
   * before the instance is ready.
   */
  async calibrate(inputs: NamedTensors): Promise<void> {
    if (this.#inline === null) return;
    let { runMs } = await this.#inline.run(inputs);
    // The first run also allocates; one that is far too slow says enough.
    for (let again = 0; again < CALIBRATION_RUNS && runMs >= INLINE_MAX_MS && runMs < HOPELESS_MS; again += 1) {
      runMs = Math.min(runMs, (await this.#inline.run(inputs)).runMs);
    }
    this.#cost.observe(countElements(inputs), runMs);
    if (runMs < INLINE_MAX_MS) return;
    await this.#inline.close();
    this.#inline = null;
    await this.#openWorker();
  }

  /** Where a run of one row is done, for the banner. */
  get mode(): 'inline' | 'thread' {
    return this.#inline === null ? 'thread' : 'inline';
  }

  async close(): Promise<void> {
    await this.#inline?.close();
    await (await this.#worker)?.close();
  }

  #openWorker(): Promise<WorkerSession> {
    this.#worker ??= WorkerSession.open(this.#source);
    return this.#worker;
  }
}

function countElements(inputs: NamedTensors): number {
  let elements = 0;
  for (const { data } of inputs.values()) elements += data.length;
  return elements;
}
