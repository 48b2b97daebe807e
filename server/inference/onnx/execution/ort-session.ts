import { env, Tensor as OrtTensor, type InferenceSession } from 'onnxruntime-node';
import { binding, initOrt } from 'onnxruntime-node/dist/binding.js';
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
// Errors reach the caller as exceptions; onnxruntime's own lines on stderr would say them again.
env.logLevel = 'fatal';
initOrt();

/**
 * Opens a model in this thread. `run` blocks the thread while onnxruntime computes.
 *
 * It uses the binding beneath `InferenceSession`: the class defers every run to a later turn of the event loop and so costs a third of
 * what a small model can answer. The package's version is pinned and the tests run every datatype through here.
 * @throws whatever onnxruntime says about a model that it cannot load
 */
export async function openSession(source: SessionSource): Promise<ModelSession> {
  const session = new binding.InferenceSession();
  const { model } = source;
  const options = sessionOptions(source);
  if (typeof model === 'string') session.loadModel(model, options);
  else session.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, options);
  const fetches = Object.fromEntries(session.outputMetadata.map(({ name }) => [name, null]));
  return {
    run: async (inputs) => {
      const feeds = toOrt(inputs);
      const start = performance.now();
      const results = session.run(feeds, fetches, {});
      return { runMs: performance.now() - start, outputs: fromOrt(results) };
    },
    close: async () => session.dispose(),
  };
}

function sessionOptions({ threads, folder }: SessionSource): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 4,
    extra: {
      session: {
        // Threads that spin for work burn the cores of the other instances on the host.
        intra_op: { allow_spinning: '0' },
        model_external_initializers_file_folder_path: folder,
      },
    },
  };
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

function fromOrt(results: Readonly<Record<string, unknown>>): NamedTensors {
  const outputs: NamedTensors = new Map();
  for (const name in results) {
    const result = results[name] as OrtTensor;
    const tensor: Tensor = { datatype: datatypeOfOrt(result.type), dims: result.dims, data: result.data as TensorData };
    outputs.set(name, tensor);
  }
  return outputs;
}
