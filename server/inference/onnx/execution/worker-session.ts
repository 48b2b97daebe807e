import { Worker } from 'node:worker_threads';
import type { NamedTensors } from '../tensors/tensor.ts';
import type { ModelSession, SessionSource, TimedRun } from './ort-session.ts';
import { transferables, type RunMessage, type WorkerMessage } from './worker-protocol.ts';

/**
 * A model in a thread of its own, so that the thread that speaks HTTP answers probes during a long run. One run at a time. The inputs'
 * memory moves to the thread: they are gone here afterwards.
 */
export class WorkerSession implements ModelSession {
  readonly #worker: Worker;
  #isOpen = false;
  #waiting: PromiseWithResolvers<WorkerMessage> | null = null;

  private constructor(source: SessionSource) {
    this.#worker = new Worker(new URL('./session-worker.ts', import.meta.url), { workerData: source });
    this.#worker.on('message', (message: WorkerMessage) => this.#settle(message));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the model's thread ended with code ${code}`)));
  }

  /** @throws what onnxruntime says about a model that it cannot load */
  static async open(source: SessionSource): Promise<WorkerSession> {
    const session = new WorkerSession(source);
    const answer = await session.#answer();
    session.#isOpen = answer.kind === 'open';
    if (answer.kind !== 'failed') return session;
    await session.close();
    throw new Error(answer.message);
  }

  /** @throws Error with onnxruntime's words when the run fails */
  async run(inputs: NamedTensors): Promise<TimedRun> {
    const answered = this.#answer();
    this.#worker.postMessage({ inputs } satisfies RunMessage, transferables(inputs));
    const answer = await answered;
    if (answer.kind === 'outputs') return answer;
    throw new Error(answer.kind === 'failed' ? answer.message : 'the model opened twice');
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#worker.terminate();
  }

  #answer(): Promise<WorkerMessage> {
    this.#waiting = Promise.withResolvers<WorkerMessage>();
    return this.#waiting.promise;
  }

  #settle(message: WorkerMessage): void {
    this.#waiting?.resolve(message);
    this.#waiting = null;
  }

  /** Without its thread an open model is of no use: the process ends once the request under way has its answer, to be started again. */
  #fail(cause: unknown): void {
    this.#waiting?.reject(cause);
    this.#waiting = null;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    setImmediate(() => {
      throw cause;
    });
  }
}
