import type { NamedTensors } from '../tensors/tensor.ts';

/** What the model's thread is asked, one run at a time. */
export interface RunMessage {
  inputs: NamedTensors;
}

/** What it answers: first that it opened the model or why not, then one answer per run. */
export type WorkerMessage =
  | { kind: 'open' }
  | { kind: 'outputs'; outputs: NamedTensors; runMs: number }
  | { kind: 'failed'; message: string };

/** Memory that can change hands instead of being copied: exactly a tensor's own, never a shared pool's. */
export function transferables(tensors: NamedTensors): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of tensors.values()) {
    if (!Array.isArray(data) && data.byteLength === data.buffer.byteLength && data.byteLength > 0)
      buffers.add(data.buffer);
  }
  return [...buffers];
}
