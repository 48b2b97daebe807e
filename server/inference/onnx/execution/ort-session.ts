import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { DATATYPES, datatypeOfOrt } from '../tensors/datatypes.ts';
import type { NamedTensors, Tensor, TensorData } from '../tensors/tensor.ts';

export interface SessionSource {
  /** Path of the model file, or its rewritten content. */
  model: string | Uint8Array;
  /** Folder that locations of external data are relative to. */
  folder: string;
  threads: number;
}

/** One run: its outputs and how long onnxruntime computed, in milliseconds. */
export interface TimedRun {
  outputs: NamedTensors;
  runMs: number;
}

export interface ModelSession {
  run(inputs: NamedTensors): Promise<TimedRun>;
  close(): Promise<void>;
}

/**
 * onnxruntime's API keeps half-precision tensors in a Float16Array where the engine has one, but its native binding knows only their
 * bits and then reads no data at all. The API looks for Float16Array once, when the first tensor is made; it must not see it then.
 */
function keepHalfPrecisionAsBits(): void {
  const scope = globalThis as { Float16Array?: unknown };
  const hidden = scope.Float16Array;
  delete scope.Float16Array;
  const probe = new OrtTensor('bool', [true], [1]);
  Object.defineProperty(scope, 'Float16Array', { value: hidden, configurable: true, writable: true });
  if (probe.size !== 1) throw new Error('onnxruntime made a tensor of another size');
}

keepHalfPrecisionAsBits();

/**
 * Opens a model in this thread. `run` blocks the thread while onnxruntime computes.
 * @throws whatever onnxruntime says about a model that it cannot load
 */
export async function openSession(source: SessionSource): Promise<ModelSession> {
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: source.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Errors reach the caller as exceptions; onnxruntime's own lines would say them again.
    logSeverityLevel: 4,
    extra: {
      session: {
        // Threads that spin for work burn the cores of the other instances on the host.
        intra_op: { allow_spinning: '0' },
        model_external_initializers_file_folder_path: source.folder,
      },
    },
  };
  const session =
    typeof source.model === 'string'
      ? await InferenceSession.create(source.model, options)
      : await InferenceSession.create(source.model, options);
  return {
    run: (inputs) => timedRun(session, toOrt(inputs)),
    close: () => session.release(),
  };
}

async function timedRun(session: InferenceSession, feeds: Record<string, OrtTensor>): Promise<TimedRun> {
  // `session.run` computes in the next check phase of the event loop, and immediates keep their order: this one comes just before it, so
  // that what the loop does in between is not counted.
  let start = 0;
  setImmediate(() => {
    start = performance.now();
  });
  const results = await session.run(feeds);
  return { runMs: performance.now() - start, outputs: fromOrt(results) };
}

function toOrt(inputs: NamedTensors): Record<string, OrtTensor> {
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, tensor] of inputs) {
    feeds[name] = new OrtTensor(
      DATATYPES[tensor.datatype].ortType as 'float32',
      tensor.data as Float32Array,
      tensor.dims,
    );
  }
  return feeds;
}

function fromOrt(results: InferenceSession.OnnxValueMapType): NamedTensors {
  const outputs: NamedTensors = new Map();
  for (const name in results) {
    const result = results[name] as OrtTensor;
    const tensor: Tensor = { datatype: datatypeOfOrt(result.type), dims: result.dims, data: result.data as TensorData };
    outputs.set(name, tensor);
  }
  return outputs;
}
