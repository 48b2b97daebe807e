import type { AnsweringModel } from '../protocol/infer-response.ts';
import type { OutputView } from '../protocol/score-response.ts';
import type { NamedTensors, TensorSignature } from '../tensors/tensor.ts';

/** One version of a model that answers: a graph, or an ensemble of others. */
export interface ServedModel extends AnsweringModel {
  /** As Triton names it: `onnxruntime_onnx`, `ensemble`. */
  platform: string;
  /** What clients send. */
  inputs: readonly TensorSignature[];
  /** What `/v2` answers. */
  outputs: readonly TensorSignature[];
  /** What `/score` answers. */
  views: readonly OutputView[];
  /** A body for `/score` that came with the model, or null. */
  sample: unknown | null;
  /** A body for its `infer`, or null. */
  inferSample: unknown | null;
  /** Answer of `/v2/models/<name>/config`, in Triton's names. */
  config: Readonly<Record<string, unknown>>;
  /** A line about it for the console. */
  banner: string;
  /** Whether any input was computed: from then on a failing run is the doing of its input, as a graph is a function of its inputs. */
  readonly hasComputed: boolean;
  /** Requests that wait for a run. */
  readonly queued: number;
  /** Requests whose run is under way. */
  readonly running: number;
  /**
   * @param inputs of the types and shapes of `inputs`; their memory may be gone afterwards
   * @throws InputError, QueueFullError, AbandonedError, or what onnxruntime says about these inputs
   */
  infer(inputs: NamedTensors, isAbandoned: () => boolean): Promise<NamedTensors>;
}
