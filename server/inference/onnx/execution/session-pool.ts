import type { NamedTensors } from '../tensors/tensor.ts';
import { AdaptiveSession } from './adaptive-session.ts';
import type { ModelSession, SessionSource, TimedRun } from './ort-session.ts';
import { WorkerSession } from './worker-session.ts';

/**
 * A model that is opened several times, so that several runs are under way at once. Only runs in threads of their own can be: a model that is
 * fast enough to be run where HTTP is spoken is opened once, whatever was asked for.
 */
export class SessionPool implements ModelSession {
  readonly #first: AdaptiveSession;
  readonly #others: ModelSession[] = [];
  readonly #source: SessionSource;
  readonly #free: ModelSession[];

  private constructor(first: AdaptiveSession, source: SessionSource) {
    this.#first = first;
    this.#source = source;
    this.#free = [first];
  }

  /**
   * Opens the model once.
   * @param modelBytes size of the model with its external data
   * @throws what onnxruntime says about a model that it cannot load
   */
  static async open(source: SessionSource, modelBytes: number): Promise<SessionPool> {
    return new SessionPool(await AdaptiveSession.open(source, modelBytes), source);
  }

  /** See `AdaptiveSession`. */
  calibrate(inputs: NamedTensors): Promise<void> {
    return this.#first.calibrate(inputs);
  }

  /** Opens it as many times as asked, where that gives anything. For use after `calibrate` and before the first request. */
  async grow(count: number): Promise<void> {
    while (this.mode === 'thread' && this.size < count) {
      const session = await WorkerSession.open(this.#source);
      this.#others.push(session);
      this.#free.unshift(session);
    }
  }

  /** Runs that may be under way at once; more is the caller's mistake. */
  get size(): number {
    return 1 + this.#others.length;
  }

  get mode(): 'inline' | 'thread' {
    return this.#first.mode;
  }

  async run(inputs: NamedTensors): Promise<TimedRun> {
    const session = this.#free.pop();
    if (session === undefined) throw new RangeError(`all ${this.size} sessions are busy`);
    try {
      return await session.run(inputs);
    } finally {
      this.#free.push(session);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#first, ...this.#others].map((session) => session.close()));
  }
}
